/**
 * Partition keys seen lately, by their bytes: a key that comes again is the same string again, which costs neither its
 * making nor the hash that a map would compute of a new one.
 */
export class KeyTable {
  readonly #keys: (string | undefined)[] = Array<string | undefined>(slots);

  /** The text of the ASCII bytes from `start` to `end`; `hash` is any hash of them. */
  text(bytes: Buffer, start: number, end: number, hash: number): string {
    const slot = (hash ^ (hash >>> 15)) & (slots - 1);
    const known = this.#keys[slot];
    if (known !== undefined && isSame(known, bytes, start, end)) return known;
    const text = bytes.toString('latin1', start, end);
    this.#keys[slot] = text;
    return text;
  }
}

/** A power of two. */
const slots = 8192;

function isSame(text: string, bytes: Buffer, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}
