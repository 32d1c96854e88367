import { rawStream } from '@millrace/kinesis';
import { createProducer } from '@millrace/kinesis/producer';
import { toSequenceNumber, type OutgoingRecord } from '@millrace/kinesis/record';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { formatRecordLine } from '../../src/record/record-line.ts';
import { createFakeKinesis } from '../support/fake-kinesis.ts';
import { runCli } from '../support/run-cli.ts';
import { useServer } from '../support/server.ts';

const local = useServer({ streams: { source: { shards: 3 }, copy: { shards: 2 } } });
const read = ['--from', 'oldest', '--exit-at-end', '-o', 'ndjson'];
const essence = ({ partitionKey, explicitHashKey, encoding, value }: Record<string, unknown>): string =>
  JSON.stringify([partitionKey, explicitHashKey, encoding, value]);

test('tail | put loses neither key nor explicit hash key nor a byte', { timeout: 30_000 }, async () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 100 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
    fc
      .constantFrom('1.0', '{"a":1,"a":2}', ' {}', '\ufeff1', 'a\nb\r\n', '')
      .map((text) => new TextEncoder().encode(text)),
  );
  const records = fc.sample(
    fc.record({
      partitionKey: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }),
      explicitHashKey: fc.bigInt(0n, (1n << 128n) - 1n).map(String),
      data: bytes,
    }),
    400,
  );
  // Aggregated: only then does Kinesis give explicit hash keys back.
  await using producer = createProducer(rawStream('source'), local.server.kinesis.connection, {
    aggregation: 'key',
  });
  const pairs = records.flatMap((record) => [record, { ...record, data: record.data.toReversed() }]);
  expect(await producer.putMany(pairs)).toEqual({ delivered: 800, failed: 0 });

  const first = await runCli(['tail', 'source', ...read, ...local.flags]);
  expect(first.lines).toHaveLength(800);
  expect(first.lines.some(({ explicitHashKey }) => explicitHashKey !== undefined)).toBe(true);

  // What put sends is what tail wrote, explicit hash keys included.
  const sent = createFakeKinesis();
  const put = await runCli(['put', 'copy'], { stdin: first.bytes, doors: sent.doors });
  expect(put.code).toBe(0);
  const asLine = ({ partitionKey, explicitHashKey, data }: OutgoingRecord): string =>
    essence({ ...parsedValue(data), partitionKey, explicitHashKey });
  expect(sent.stored.map(asLine).toSorted()).toEqual(first.lines.map(essence).toSorted());

  // And what a real server then holds reads the same; explicit hash keys come back from aggregates alone.
  await runCli(['put', 'copy', '--aggregate', ...local.flags], { stdin: first.bytes });
  const second = await runCli(['tail', 'copy', ...read, ...local.flags]);
  const withoutHash = (line: Record<string, unknown>): string =>
    essence({ ...line, explicitHashKey: undefined });
  expect(second.lines.map(withoutHash).toSorted()).toEqual(first.lines.map(withoutHash).toSorted());
});

/** Encoding and value of the bytes, as a line has them. */
function parsedValue(bytes: Uint8Array): Record<string, unknown> {
  return JSON.parse(
    formatRecordLine({
      stream: 'x',
      shardId: 'x',
      sequenceNumber: toSequenceNumber('1'),
      subSequenceNumber: 0,
      partitionKey: 'x',
      headers: {},
      arrivedAt: new Date(0),
      bytes,
    }),
  ) as Record<string, unknown>;
}
