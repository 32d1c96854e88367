import { NO_PARTITION_KEY } from '../record/partition-key.ts';
import type { OutgoingRecord } from '../record/record.ts';

/**
 * The body of a PutRecords call in AWS JSON 1.1, written into one buffer in one go. The SDK writes base64 by hand, a
 * character at a time, and builds the text of the whole request before it turns that into bytes: most of a call's cost.
 */
export function encodePutRecords(stream: string, entries: readonly OutgoingRecord[]): Buffer {
  let room = 64 + 6 * stream.length;
  for (const { data, partitionKey } of entries)
    room += 164 + base64Length(data.length) + 6 * partitionKey.length;
  const body = Buffer.allocUnsafeSlow((room + 3) & ~3);
  const words = new Uint32Array(body.buffer, body.byteOffset, body.length >> 2);
  let at = writeAscii(body, 0, '{"StreamName":');
  at = writeText(body, at, stream);
  at = writeAscii(body, at, ',"Records":[');
  let more = false;
  for (const { data, partitionKey, explicitHashKey } of entries) {
    if (more) body[at++] = COMMA;
    more = true;
    // White space until the data will begin with a word.
    while (((at + OPENING.length) & 3) !== 0) body[at++] = SPACE;
    at = writeAscii(body, at, OPENING);
    at = writeBase64(body, words, at, data);
    if (partitionKey === NO_PARTITION_KEY) body[at++] = QUOTE;
    else {
      at = writeAscii(body, at, '","PartitionKey":');
      at = writeText(body, at, partitionKey);
    }
    if (explicitHashKey !== undefined) {
      at = writeAscii(body, at, ',"ExplicitHashKey":');
      at = writeText(body, at, explicitHashKey);
    }
    body[at++] = CLOSE;
  }
  at = writeAscii(body, at, ']}');
  return body.subarray(0, at);
}

/** From here on a call into native code costs less than it saves. */
const NATIVE_FROM = 320;

const OPENING = '{"Data":"';
const PADDING = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const SPACE = 0x20;
const CLOSE = 0x7d;

const digits = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
/** The two digits of every 12 bits, as they lie in memory. */
const pairs = new Uint16Array(
  Uint8Array.from({ length: 8192 }, (_, at) => digits[at & 1 ? (at >> 1) & 63 : at >> 7] ?? 0).buffer,
);
/** Bits a pair is moved by when it is the first of a word, and when it is the second. */
const firstShift = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 16;
const secondShift = 16 - firstShift;

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** `offset` is a multiple of four, so that four digits are written at a time. */
function writeBase64(target: Buffer, words: Uint32Array, offset: number, data: Uint8Array): number {
  if (data.length >= NATIVE_FROM) {
    const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
    return offset + target.write(text, offset, 'latin1');
  }
  let word = offset >> 2;
  let index = 0;
  for (const whole = data.length - (data.length % 3); index < whole; index += 3) {
    words[word++] = fourDigits(
      (byte(data, index) << 16) | (byte(data, index + 1) << 8) | byte(data, index + 2),
    );
  }
  const rest = data.length - index;
  if (rest === 0) return word << 2;
  words[word] = fourDigits((byte(data, index) << 16) | (rest === 2 ? byte(data, index + 1) << 8 : 0));
  const end = (word + 1) << 2;
  if (rest === 1) target[end - 2] = PADDING;
  target[end - 1] = PADDING;
  return end;
}

function byte(data: Uint8Array, index: number): number {
  return data[index] ?? 0;
}

function fourDigits(bits: number): number {
  return ((pairs[bits >> 12] ?? 0) << firstShift) | ((pairs[bits & 0xfff] ?? 0) << secondShift);
}

/** A JSON string. Nearly all are printable ASCII and need neither escapes nor a look at their length. */
function writeText(target: Buffer, offset: number, text: string): number {
  target[offset] = QUOTE;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === BACKSLASH) {
      return offset + target.write(JSON.stringify(text), offset);
    }
    target[offset + 1 + index] = unit;
  }
  target[offset + 1 + text.length] = QUOTE;
  return offset + text.length + 2;
}

function writeAscii(target: Buffer, offset: number, text: string): number {
  for (let index = 0; index < text.length; index++) target[offset + index] = text.charCodeAt(index);
  return offset + text.length;
}
