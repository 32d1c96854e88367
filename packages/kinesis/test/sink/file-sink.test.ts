import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  createProducer,
  decodeLostRecord,
  lostToFile,
  MillraceError,
  rawStream,
  type LostRecord,
} from '@millrace/kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'millrace-sink-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a lost record is in the file, bytes and reason, before its put rejects', async () => {
  const clock = createManualClock();
  const path = join(folder, 'lost.ndjson');
  const denied = new MillraceError('ACCESS_DENIED', 'No.', { advice: 'Ask.' });
  const writer = { write: () => Promise.reject(denied) };
  const onUndeliverable = lostToFile(path, clock);
  const producer = createProducer(rawStream('clicks'), { writer }, { onUndeliverable, linger: 0 });
  const records = [0, 1, 2].map((n) => ({ partitionKey: `key-${n}`, data: Uint8Array.of(n, 255) }));
  for (const receipt of records.map((record) => producer.put(record))) {
    await expect(receipt).rejects.toBe(denied);
  }
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
    records.map(({ partitionKey, data }) => ({
      v: 1,
      stream: 'clicks',
      partitionKey,
      encoding: 'base64',
      value: Buffer.from(data).toString('base64'),
      error: { code: 'ACCESS_DENIED', message: denied.message },
      lostAt: '2026-01-01T00:00:00.000Z',
    })),
  );
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a file that cannot be written makes the sink fail, not the next line', async () => {
  const sink = lostToFile(join(folder, 'no', 'such', 'folder'));
  const lost = {
    stream: 's',
    record: { partitionKey: 'k', data: new Uint8Array() },
    error: new MillraceError('PUT_DEADLINE', 'Late.', { advice: 'Wait.' }),
  };
  await expect(sink(lost)).rejects.toMatchObject({ code: 'ENOENT' });
  await expect(sink(lost)).rejects.toMatchObject({ code: 'ENOENT' });
});

const lostAs = (partitionKey: string): LostRecord => ({
  stream: 'clicks',
  record: { partitionKey, data: Uint8Array.of(1) },
  error: new MillraceError('PUT_DEADLINE', 'Late.', { advice: 'Wait.' }),
});

test('behind a line that a dying process left unfinished a lost record has its own, in the same file', async () => {
  const path = join(folder, 'torn.ndjson');
  writeFileSync(path, '{"v":1,"stream":"clicks","partitionKey":"a","enco');
  const sink = lostToFile(path, createManualClock());
  await sink(lostAs('b'));
  await sink(lostAs('c'));
  const [torn, ...whole] = readFileSync(path, 'utf8').trimEnd().split('\n');
  expect(torn).toBe('{"v":1,"stream":"clicks","partitionKey":"a","enco');
  expect(whole.map((line) => decodeLostRecord(line).record.partitionKey)).toEqual(['b', 'c']);
});

const large = (partitionKey: string): Buffer => Buffer.alloc(1_500_000, partitionKey);

test('large records of several workers that share a file do not end up in each other', async () => {
  const path = join(folder, 'shared.ndjson');
  await Promise.all(
    ['a', 'b', 'c', 'd'].flatMap((key) => {
      const sink = lostToFile(path);
      const lost = { ...lostAs(key), record: { partitionKey: key, data: large(key) } };
      return [1, 2, 3, 4].map(() => sink(lost));
    }),
  );
  const records = readFileSync(path, 'utf8')
    .split('\n')
    // Who looks while another writes takes that one's line for torn, and leaves an empty one.
    .filter((line) => line !== '')
    .map((line) => decodeLostRecord(line).record);
  expect(records).toHaveLength(16);
  expect(records.every(({ partitionKey, data }) => large(partitionKey).equals(data))).toBe(true);
});
