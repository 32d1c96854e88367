import { gunzipSync } from 'node:zlib';

/** A small record can hold a huge one: more than this is shown as it is. */
const maxUnpackedBytes = 64 * 1024 * 1024;

/** What gzip packed, or the bytes themselves when they are not gzip, or damaged. */
export function unpack(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxUnpackedBytes });
  } catch {
    return bytes;
  }
}
