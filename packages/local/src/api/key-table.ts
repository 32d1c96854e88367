import { KnownKey } from '../engine/known-key.ts';

/**
 * Partition keys seen lately, by their bytes: a key that comes again is the same object again, which costs neither the
 * making of its text nor its hash, and knows where it leads.
 */
export class KeyTable {
  readonly #keys: (KnownKey | undefined)[] = Array<KnownKey | undefined>(slots);
  /** The bytes of each slot's key in words, the last filled up with zeros. */
  readonly #words = new Int32Array(slots * wordsOfKey);

  /** The key of the ASCII bytes from `start` to `end`. */
  find(bytes: Buffer, view: DataView, start: number, end: number): KnownKey {
    const length = end - start;
    if (length > wordsOfKey * 4) return new KnownKey(bytes.toString('latin1', start, end));
    let hash = length;
    for (let at = start; at < end; at += 4) {
      hash = Math.imul(hash ^ wordAt(view, at, end), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    const slot = hash & (slots - 1);
    const first = this.#keys[slot];
    if (first?.length === length && this.#holds(slot, view, start, end)) return first;
    // One that two keys fight for gives way to its neighbour.
    const other = slot ^ 1;
    const second = this.#keys[other];
    if (second?.length === length && this.#holds(other, view, start, end)) return second;
    this.#keys[other] = first;
    this.#words.copyWithin(other * wordsOfKey, slot * wordsOfKey, (slot + 1) * wordsOfKey);
    const key = new KnownKey(bytes.toString('latin1', start, end));
    this.#keys[slot] = key;
    for (let at = start, word = slot * wordsOfKey; at < end; at += 4, word++) {
      this.#words[word] = wordAt(view, at, end);
    }
    return key;
  }

  #holds(slot: number, view: DataView, start: number, end: number): boolean {
    for (let at = start, word = slot * wordsOfKey; at < end; at += 4, word++) {
      if (this.#words[word] !== wordAt(view, at, end)) return false;
    }
    return true;
  }
}

/** A power of two. */
const slots = 8192;
/** Longer keys are not remembered; a UUID is. */
const wordsOfKey = 12;

function wordAt(view: DataView, at: number, end: number): number {
  if (at + 4 <= end) return view.getInt32(at, true);
  let word = 0;
  for (let byte = end - 1; byte >= at; byte--) word = (word << 8) | view.getUint8(byte);
  return word;
}
