import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createBucketFolder } from '../../src/neighbours/bucket-folder.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'buckets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const body = Buffer.from('{"n":1}\n');

test('an object is a file of its bucket, compressed as asked', () => {
  const store = createBucketFolder(folder);
  store.put({ bucket: 'b', key: 'x/y.json', body, compression: 'NONE' });
  store.put({ bucket: 'b', key: 'x/y.json.gz', body, compression: 'GZIP' });
  expect(readFileSync(join(folder, 'b/x/y.json')).equals(body)).toBe(true);
  expect(gunzipSync(readFileSync(join(folder, 'b/x/y.json.gz'))).equals(body)).toBe(true);
});

test('what it offers to compress it can, and the rest it refuses', () => {
  const store = createBucketFolder(folder);
  for (const compression of ['NONE', 'GZIP', 'ZSTD'] as const) {
    const put = (): boolean => {
      try {
        store.put({ bucket: 'b', key: compression, body, compression });
        return true;
      } catch {
        return false;
      }
    };
    expect(put()).toBe(store.compressions.includes(compression));
  }
});

test.each([
  ['..', 'x'],
  ['b', '../../x'],
  ['b/../..', 'x'],
])('nothing is written outside of the folder: %s %s', (bucket, key) => {
  const store = createBucketFolder(folder);
  expect(() => store.put({ bucket, key, body, compression: 'NONE' })).toThrow(/would be outside of/);
});
