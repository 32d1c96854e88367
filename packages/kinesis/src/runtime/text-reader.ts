/** Longer texts are rare enough to be worth a call into the platform. */
const SHORT = 64;

// Malformed bytes become U+FFFD rather than an error, and a leading byte order mark is part of the text.
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The text of the bytes `[start, end)` of one aggregate or answer, which are UTF-8. */
export type ReadText = (start: number, end: number) => string;

export function createTextReader(bytes: Uint8Array): ReadText {
  /** By length: keys of one aggregate have few, and filling an array of the right length again is the fastest way. */
  const unitsOf: number[][] = [];
  return (start, end) => {
    const length = end - start;
    if (length > SHORT) return decoder.decode(bytes.subarray(start, end));
    const units = (unitsOf[length] ??= Array.from({ length }, () => 0));
    for (let index = 0; index < length; index++) {
      const byte = bytes[start + index] ?? 0;
      if (byte >= 0x80) return decoder.decode(bytes.subarray(start, end));
      units[index] = byte;
    }
    return String.fromCharCode(...units);
  };
}
