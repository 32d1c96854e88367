import { crc32 } from 'node:zlib';

import type { BatchBytes } from '../engine/batch.ts';

/**
 * How a batch stands in a file, little-endian:
 *
 *     magic u32 | length u32 of the batch | checksum u32 | promised u32 | the batch
 *
 * `promised` is how much of the file was as safe as it was promised to be when the frame was written: what is broken
 * before it was lost after it was acknowledged, what is broken behind it never was acknowledged. The checksum is the
 * CRC-32 of everything but itself.
 */
export const FRAME_HEAD = 16;

export function frameHead([head, payloads]: BatchBytes, promised: number): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt32LE(head.length + payloads.length, 4);
  bytes.writeUInt32LE(promised, 12);
  bytes.writeUInt32LE(crc32(payloads, crc32(head, startOf(bytes))), 8);
  return bytes;
}

export interface Frame {
  readonly at: number;
  readonly promised: number;
  /** Where the next frame begins. */
  readonly end: number;
}

/** The frame that begins at `at` in `bytes`, undefined when there is none or it is damaged or cut. */
export function readFrame(bytes: Buffer, at: number): Frame | undefined {
  if (at + FRAME_HEAD > bytes.length || bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const end = at + FRAME_HEAD + bytes.readUInt32LE(at + 4);
  if (end > bytes.length) return undefined;
  const head = bytes.subarray(at, at + FRAME_HEAD);
  const sum = crc32(bytes.subarray(at + FRAME_HEAD, end), startOf(head));
  if (sum !== bytes.readUInt32LE(at + 8)) return undefined;
  return { at, promised: bytes.readUInt32LE(at + 12), end };
}

/** The first whole frame that begins at `from` or later. */
export function findFrame(bytes: Buffer, from: number): Frame | undefined {
  for (let at = bytes.indexOf(magicBytes, from); at >= 0; at = bytes.indexOf(magicBytes, at + 1)) {
    const frame = readFrame(bytes, at);
    if (frame !== undefined) return frame;
  }
  return undefined;
}

/** `MRF1`. */
const MAGIC = 0x3146_524d;
const magicBytes = Buffer.from('MRF1');

function startOf(head: Buffer): number {
  return crc32(head.subarray(12, 16), crc32(head.subarray(0, 8)));
}
