import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';
import * as zlib from 'node:zlib';

import type { BucketStore } from '../engine/bucket-store.ts';
import type { ObjectCompression } from '../engine/channel-settings.ts';

/**
 * A folder that stands in for S3: each bucket is a folder in it, each object a file. Writing waits for the disk, which
 * is well for the one object in minutes that a channel delivers.
 */
export function createBucketFolder(folder: string): BucketStore {
  const root = resolve(folder);
  return {
    compressions: zstd === undefined ? ['NONE', 'GZIP'] : ['NONE', 'GZIP', 'ZSTD'],
    put({ bucket, key, body, compression }) {
      const path = resolve(root, bucket, key);
      if (!path.startsWith(root + sep)) throw new Error(`The object ${key} would be outside of ${root}.`);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, compress(body, compression));
    },
  };
}

/** In Node since 22.15. */
const zstd: ((body: Uint8Array) => Uint8Array) | undefined = findZstd();

function findZstd(): ((body: Uint8Array) => Uint8Array) | undefined {
  const compressor: unknown = Reflect.get(zlib, 'zstdCompressSync');
  if (!isFunction(compressor)) return undefined;
  return (body) => {
    const compressed: unknown = compressor(body);
    if (compressed instanceof Uint8Array) return compressed;
    throw new Error('zstdCompressSync answered no bytes.');
  };
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}

function compress(body: Uint8Array, compression: ObjectCompression): Uint8Array {
  if (compression === 'NONE') return body;
  if (compression === 'GZIP') return zlib.gzipSync(body);
  if (zstd === undefined) throw new Error('ZSTD needs Node 22.15 or later.');
  return zstd(body);
}
