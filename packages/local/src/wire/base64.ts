/** What stands behind the last digit. */
export const PADDING = 0x3d;
/** By what they are worth. */
export const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** What a digit is worth, by its code; 0 for what is none. */
export const sextets: Uint8Array = new Uint8Array(256);
for (let value = 0; value < digits.length; value++) sextets[digits.charCodeAt(value)] = value;

/** Longer text is worth a call into the platform. */
const short = 512;

/** Bytes that base64 text stands for, whose length is a multiple of four. */
export function decodedLength(text: Uint8Array, start: number, end: number): number {
  const padding = end > start && text[end - 1] === PADDING ? (text[end - 2] === PADDING ? 2 : 1) : 0;
  return ((end - start) / 4) * 3 - padding;
}

/** Writes what base64 text of such length and no other digits stands for to `target`, from `at` on. */
export function decodeBase64(text: Uint8Array, start: number, end: number, target: Buffer, at: number): void {
  if (end - start > short) {
    const long = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1');
    target.write(long, at, 'base64');
    return;
  }
  const stop = at + decodedLength(text, start, end);
  let to = at;
  for (let from = start; from < end; from += 4) {
    const bits =
      (sextetAt(text, from) << 18) |
      (sextetAt(text, from + 1) << 12) |
      (sextetAt(text, from + 2) << 6) |
      sextetAt(text, from + 3);
    target[to++] = bits >> 16;
    if (to < stop) target[to++] = bits >> 8;
    if (to < stop) target[to++] = bits;
  }
}

function sextetAt(text: Uint8Array, at: number): number {
  return sextets[text[at] ?? 0] ?? 0;
}
