/** Longer texts are rare enough to be worth a call into the platform. */
const SHORT = 64;

// Malformed bytes become U+FFFD rather than an error, and a leading byte order mark is part of the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Reads UTF-8 out of one aggregate. */
export class TextReader {
  readonly #bytes: Uint8Array;
  /** By length: keys of one aggregate have few, and filling an array of the right length again is the fastest way. */
  readonly #units: number[][] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The text of the bytes `[start, end)`. */
  read(start: number, end: number): string {
    const length = end - start;
    const bytes = this.#bytes;
    if (length > SHORT) return decoder.decode(bytes.subarray(start, end));
    const units = (this.#units[length] ??= Array.from({ length }, () => 0));
    for (let index = 0; index < length; index++) {
      const byte = bytes[start + index] ?? 0;
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      units[index] = byte;
    }
    return String.fromCharCode(...units);
  }
}
