import { KnownKey } from '../engine/known-key.ts';

/**
 * Partition keys seen lately, by their bytes: a key that comes again is the same object again, which costs neither the
 * making of its text nor its hash, and knows where it leads.
 */
export class KeyTable {
  readonly #keys: (KnownKey | undefined)[] = Array<KnownKey | undefined>(slots);
  /** Where the bytes of each slot's key are: side by side in the order they came, since few slots are in use. */
  readonly #rows = new Uint16Array(slots);
  /** The bytes of keys in words, see {@link lastWord}. */
  readonly #words = new Int32Array(slots * wordsOfKey);
  #used = 0;

  /** The key of the bytes from `start` to `end`, if they are those of a key that was here lately. */
  known(view: DataView, start: number, end: number): KnownKey | undefined {
    if (end - start > wordsOfKey * 4) return undefined;
    const slot = slotOf(view, start, end);
    return this.#at(slot, view, start, end) ?? this.#at(slot ^ 1, view, start, end);
  }

  /** The key of the ASCII bytes from `start` to `end`. */
  find(bytes: Buffer, view: DataView, start: number, end: number): KnownKey {
    const known = this.known(view, start, end);
    if (known !== undefined) return known;
    const key = new KnownKey(bytes.toString('latin1', start, end));
    if (key.length <= wordsOfKey * 4) this.#keep(key, view, start, end);
    return key;
  }

  #at(slot: number, view: DataView, start: number, end: number): KnownKey | undefined {
    const key = this.#keys[slot];
    if (key?.length !== end - start) return undefined;
    const last = end - 4;
    let word = (this.#rows[slot] ?? 0) * wordsOfKey;
    for (let at = start; at < last; at += 4) {
      if (this.#words[word++] !== view.getInt32(at, true)) return undefined;
    }
    return this.#words[word] === lastWord(view, start, end) ? key : undefined;
  }

  #keep(key: KnownKey, view: DataView, start: number, end: number): void {
    const slot = slotOf(view, start, end);
    const row = this.#makeRoom(slot);
    this.#keys[slot] = key;
    this.#rows[slot] = row;
    const last = end - 4;
    let word = row * wordsOfKey;
    for (let at = start; at < last; at += 4) this.#words[word++] = view.getInt32(at, true);
    this.#words[word] = lastWord(view, start, end);
  }

  /** A row for who comes there; who is there gives way to its neighbour, and that one is forgotten. */
  #makeRoom(slot: number): number {
    const other = slot ^ 1;
    if (this.#keys[slot] === undefined) return this.#used++;
    const row = this.#keys[other] === undefined ? this.#used++ : (this.#rows[other] ?? 0);
    this.#keys[other] = this.#keys[slot];
    this.#rows[other] = this.#rows[slot] ?? 0;
    return row;
  }
}

/** A power of two. Roomy: keys that share a pair of slots by threes drive each other out by every call. */
const slots = 16_384;
const slotShift = 32 - Math.log2(slots);
const GOLDEN = 0x9e37_79b1;
/** Longer keys are not remembered; a UUID is. */
const wordsOfKey = 12;

function slotOf(view: DataView, start: number, end: number): number {
  const last = end - 4;
  let hash = end - start;
  for (let at = start; at < last; at += 4) hash = Math.imul(hash ^ view.getInt32(at, true), GOLDEN);
  hash = Math.imul(hash ^ lastWord(view, start, end), GOLDEN);
  // The upper digits of a product are those that all of its factors' have a part in.
  hash = Math.imul(hash ^ (hash >>> 15), GOLDEN);
  return hash >>> slotShift;
}

/** It overlaps the one before it, so that no byte is looked at by itself; a shorter key is filled up with zeros. */
function lastWord(view: DataView, start: number, end: number): number {
  if (end - start >= 4) return view.getInt32(end - 4, true);
  let word = 0;
  for (let byte = end - 1; byte >= start; byte--) word = (word << 8) | view.getUint8(byte);
  return word;
}
