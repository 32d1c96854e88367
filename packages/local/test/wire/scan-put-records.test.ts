import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { createManualClock } from '@millrace/kinesis/testing';

import { KeyTable } from '../../src/api/key-table.ts';
import { assemble } from '../../src/assemble.ts';
import { scanPutRecords } from '../../src/wire/scan-put-records.ts';

const keys = new KeyTable();

describe('a scanned PutRecords', () => {
  test('is answered and stored byte for byte as a parsed one, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(request, async (body) => {
        // As text it is parsed, as bytes it is scanned.
        const [asText, asBytes] = await Promise.all([outcome(body), outcome(Buffer.from(body))]);
        expect(asBytes).toEqual(asText);
      }),
      { numRuns: 400 },
    );
  });

  test('is scanned when it is of the usual form, in any order and with any white space', () => {
    const bodies = [
      '{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"}]}',
      '{"Records":[{"PartitionKey":"a","Data":"aGk="},{"Data":"","PartitionKey":"b"}],"StreamName":"s"}',
      ' {\n "Records" : [ { "Data" : "aGk=" , "PartitionKey" : "a b" } ] , "StreamName" : "s" } \t',
    ];
    for (const body of bodies) expect(scanPutRecords(Buffer.from(body), keys)?.StreamName).toBe('s');
  });

  test('is left to the parser when cut anywhere, and when any one byte of it is another', () => {
    const body =
      '{"StreamName":"s","Records":[{"Data":"aGk=","PartitionKey":"a"},{"Data":"","PartitionKey":"b"}]}';
    for (let end = 0; end < body.length; end++) {
      expect(scanPutRecords(Buffer.from(body.slice(0, end)), keys)).toBeUndefined();
    }
    for (let at = 0; at < body.length; at++) {
      for (const byte of [0, 0x20, 0x22, 0x2c, 0x5c, 0x7d, 0x80, 0xff]) {
        const bytes = Buffer.from(body);
        bytes[at] = byte;
        expect(keysOf(scanPutRecords(bytes, keys)?.Records ?? parsed(bytes))).toEqual(keysOf(parsed(bytes)));
      }
    }
  });
});

interface Entry {
  readonly PartitionKey: string;
}

function keysOf(records: readonly Entry[]): readonly string[] {
  return records.map(({ PartitionKey }) => PartitionKey);
}

function parsed(body: Buffer): readonly Entry[] {
  try {
    return (JSON.parse(body.toString()) as { readonly Records?: readonly Entry[] }).Records ?? [];
  } catch {
    return [];
  }
}

const usualKey = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 20 });
const key = fc.oneof(
  { weight: 6, arbitrary: usualKey },
  fc.string({ unit: 'binary', maxLength: 10 }),
  fc.constantFrom('', 'é', '💧', '"', '\\', 'a\u0000', 'x'.repeat(256), 'x'.repeat(257)),
  fc.constantFrom(null, 7, undefined),
);
const usualData = fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const data = fc.oneof(
  { weight: 6, arbitrary: usualData },
  fc.constantFrom('aGl=', 'aGk', 'aG=k', 'a', '====', '=', 'aB==', 'a-_=', ' aGk=', 'aGk=\n', 'é==='),
  fc.constantFrom(null, 7, [], undefined),
  fc.constant('A'.repeat(1_400_000)),
);
const usualEntry = fc
  .tuple(usualData, usualKey, fc.boolean())
  .map(([Data, PartitionKey, turned]) => (turned ? { PartitionKey, Data } : { Data, PartitionKey }));
const entry = fc.oneof(
  { weight: 6, arbitrary: usualEntry },
  fc.record({ Data: data, PartitionKey: key }),
  fc.record({
    Data: usualData,
    PartitionKey: usualKey,
    ExplicitHashKey: fc.constantFrom('0', '12', '-1', null),
  }),
  fc.record({ Data: usualData, PartitionKey: usualKey, More: fc.jsonValue() }),
);
const records = fc.oneof(
  { weight: 4, arbitrary: fc.array(usualEntry, { minLength: 1, maxLength: 8 }) },
  { weight: 4, arbitrary: fc.array(entry, { maxLength: 8 }) },
  fc.constant(Array.from({ length: 501 }, () => ({ Data: '', PartitionKey: 'a' }))),
  fc.jsonValue(),
);
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constant('orders') },
  fc.constantFrom('none', '', 'a/b', null, 3),
);

/** Requests of every form, most of them usual; then perhaps spaced out or with a byte changed. */
const request: fc.Arbitrary<string> = fc
  .tuple(
    fc.record({ StreamName: name, Records: records }),
    fc.boolean(),
    fc.constantFrom(undefined, undefined, 1),
    fc.option(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.string({ maxLength: 2 })), { freq: 3 }),
  )
  .map(([{ StreamName, Records }, turned, spaces, change]) => {
    const text = JSON.stringify(
      turned ? { Records, StreamName } : { StreamName, Records },
      undefined,
      spaces,
    );
    if (change === null) return text;
    const at = Math.floor(change[0] * text.length);
    return text.slice(0, at) + change[1] + text.slice(at + 1);
  });

/** What is answered, and everything there is to read afterwards. */
async function outcome(body: string | Uint8Array): Promise<unknown> {
  const clock = createManualClock();
  const { kinesis, front } = await assemble({ clock, streams: { orders: { shards: 3 } } });
  const call = async (
    operation: string,
    content: string | Uint8Array,
  ): Promise<{ status: number; body: string }> => {
    const answer = await front({
      method: 'POST',
      path: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Kinesis_20131202.${operation}`,
        'x-amz-date': '20260101T000000Z',
        authorization:
          'AWS4-HMAC-SHA256 Credential=a/b/us-east-1/kinesis/aws4_request, SignedHeaders=a, Signature=b',
      },
      body: content,
    });
    return { status: answer.status, body: Buffer.from(answer.body as Uint8Array).toString() };
  };
  const answer = await call('PutRecords', body);
  const stored: unknown[] = [];
  for (const shard of kinesis.engine.stream('orders').openShards) {
    const opened = await call(
      'GetShardIterator',
      JSON.stringify({ StreamName: 'orders', ShardId: shard.id, ShardIteratorType: 'TRIM_HORIZON' }),
    );
    const page = await call('GetRecords', opened.body);
    stored.push(JSON.parse(page.body));
  }
  await kinesis.close();
  return { answer, stored };
}
