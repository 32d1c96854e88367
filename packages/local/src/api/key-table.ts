import { KnownKey } from '../engine/known-key.ts';

/**
 * Partition keys seen lately, by their bytes: a key that comes again is the same object again, which costs neither the
 * making of its text nor its hash, and knows where it leads.
 */
export class KeyTable {
  readonly #keys: (KnownKey | undefined)[] = Array<KnownKey | undefined>(slots);
  /** The bytes of each slot's key in words, see {@link wordAt}. */
  readonly #words = new Int32Array(slots * wordsOfKey);

  /** The key of the ASCII bytes from `start` to `end`. */
  find(bytes: Buffer, view: DataView, start: number, end: number): KnownKey {
    const length = end - start;
    if (length > wordsOfKey * 4) return new KnownKey(bytes.toString('latin1', start, end));
    let hash = length;
    for (let at = start; at < end; at += 4) {
      hash = Math.imul(hash ^ wordAt(view, at, start, end), 0x9e37_79b1);
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
      this.#words[word] = wordAt(view, at, start, end);
    }
    return key;
  }

  #holds(slot: number, view: DataView, start: number, end: number): boolean {
    for (let at = start, word = slot * wordsOfKey; at < end; at += 4, word++) {
      if (this.#words[word] !== wordAt(view, at, start, end)) return false;
    }
    return true;
  }
}

/** A power of two. Roomy: keys that share a pair of slots by threes drive each other out by every call. */
const slots = 16_384;
/** Longer keys are not remembered; a UUID is. */
const wordsOfKey = 12;

/**
 * The word at `at`. The last of a key overlaps the one before it, so that no byte is looked at by itself; a key shorter
 * than a word is filled up with zeros.
 */
function wordAt(view: DataView, at: number, start: number, end: number): number {
  if (at + 4 <= end) return view.getInt32(at, true);
  if (end - start >= 4) return view.getInt32(end - 4, true);
  let word = 0;
  for (let byte = end - 1; byte >= at; byte--) word = (word << 8) | view.getUint8(byte);
  return word;
}
