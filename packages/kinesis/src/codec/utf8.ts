import { writeVarint } from './varint.ts';

/** Bytes of `text` in UTF-8. A lone surrogate becomes U+FFFD, three bytes, as everywhere in the platform. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    // A pair takes four bytes and two units: its second unit is already counted.
    if (isPair(unit, text, index)) index++;
  }
  return length;
}

/** The most bytes {@link writeText} may write for `text`. */
export function textRoom(text: string): number {
  return 5 + text.length * 3;
}

/** Writes `text` at `offset` as its length and its UTF-8, and answers the offset behind it. The caller has made room. */
export function writeText(target: Uint8Array, offset: number, text: string): number {
  // Nearly every key is ASCII: one pass does it, since the length is known beforehand.
  const start = writeVarint(target, offset, text.length);
  let index = 0;
  for (; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return writeUtf8(target, writeVarint(target, offset, utf8Length(text)), text);
    target[start + index] = unit;
  }
  return start + index;
}

function writeUtf8(target: Uint8Array, offset: number, text: string): number {
  let at = offset;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) {
      target[at++] = unit;
    } else if (unit < 0x800) {
      target[at++] = 0xc0 | (unit >> 6);
      target[at++] = 0x80 | (unit & 0x3f);
    } else if (isPair(unit, text, index)) {
      const point = 0x10000 + ((unit & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff);
      target[at++] = 0xf0 | (point >> 18);
      target[at++] = 0x80 | ((point >> 12) & 0x3f);
      target[at++] = 0x80 | ((point >> 6) & 0x3f);
      target[at++] = 0x80 | (point & 0x3f);
    } else {
      const scalar = unit >= 0xd800 && unit <= 0xdfff ? 0xfffd : unit;
      target[at++] = 0xe0 | (scalar >> 12);
      target[at++] = 0x80 | ((scalar >> 6) & 0x3f);
      target[at++] = 0x80 | (scalar & 0x3f);
    }
  }
  return at;
}

function isPair(unit: number, text: string, index: number): boolean {
  if (unit < 0xd800 || unit > 0xdbff) return false;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff;
}
