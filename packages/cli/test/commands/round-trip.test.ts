import { rawStream } from '@millrace/kinesis';
import { createProducer } from '@millrace/kinesis/producer';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';
import { useServer } from '../support/server.ts';

const local = useServer({ streams: { source: { shards: 3 }, copy: { shards: 2 } } });
const read = ['--from', 'oldest', '--exit-at-end', '-o', 'ndjson'];

/** What must survive. Kinesis gives an explicit hash key back only in the KPL's format, where headers always are. */
const essence = (line: Record<string, unknown>): string => {
  const { partitionKey, explicitHashKey, headers, encoding, value } = line;
  const known = headers === undefined ? undefined : explicitHashKey;
  return JSON.stringify([partitionKey, known, headers, encoding, value]);
};

test(
  'tail | put loses no key, no explicit hash key, no header and no byte',
  { timeout: 30_000 },
  async () => {
    const data = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.json().map(utf8),
      fc.string({ unit: 'binary' }).map(utf8),
      fc.constantFrom('1.0', '{"a":1,"a":2}', ' {}', '\ufeff1', 'a\nb\r\n', '').map(utf8),
    );
    const explicitHashKey = fc.bigInt(0n, (1n << 128n) - 1n).map(String);
    const records = fc.sample(
      fc.oneof(
        fc.record({ partitionKey: key, explicitHashKey, data }),
        fc.record({ partitionKey: key, explicitHashKey, data, headers: someHeaders }),
      ),
      500,
    );
    await using producer = createProducer(rawStream('source'), local.server.kinesis.connection);
    expect(await producer.putMany(records)).toEqual({ delivered: 500, failed: 0 });

    const source = await runCli(['tail', 'source', ...read, ...local.flags]);
    expect(source.lines).toHaveLength(500);
    const withHeaders = source.lines.filter(({ headers }) => headers !== undefined);
    expect(withHeaders.map((line) => String(line['explicitHashKey'])).toSorted()).toEqual(
      records.flatMap((record) => ('headers' in record ? [record.explicitHashKey] : [])).toSorted(),
    );

    const put = await runCli(['put', 'copy', ...local.flags], { stdin: source.bytes });
    expect(put.code).toBe(0);
    const copy = await runCli(['tail', 'copy', ...read, ...local.flags]);
    expect(copy.lines.map(essence).toSorted()).toEqual(source.lines.map(essence).toSorted());
  },
);

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
const someHeaders = fc.dictionary(fc.string({ minLength: 1 }), fc.string(), { minKeys: 1, maxKeys: 3 });
