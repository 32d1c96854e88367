import type { Connection } from '@millrace/kinesis';
import { expandRecord, type UserRecord } from '@millrace/kinesis/codec';
import type { StoredRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

/** A record with everything that has ever gone wrong in an aggregate. */
export interface Sample {
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

const keys = [
  'user-b',
  '42',
  '7',
  '0',
  '-1',
  '__proto__',
  'constructor',
  'ключ',
  '🗝️',
  'é'.repeat(100),
  'a b\t"c"\\d',
];
const hashKeys = [undefined, '0', '170141183460469231731687303715884105728', String(2n ** 128n - 1n)];

/** Numeric-looking keys, multi-byte keys, explicit hash keys, empty data, headers: each with each. */
export function samples(withHeaders: boolean): readonly Sample[] {
  return keys.flatMap((partitionKey, at) =>
    hashKeys.flatMap((explicitHashKey, place) =>
      [0, 1, 300].map((length) => ({
        partitionKey,
        ...(explicitHashKey !== undefined && { explicitHashKey }),
        data: new Uint8Array(length).fill(at * 16 + place),
        ...(withHeaders &&
          length > 0 && { headers: { traceparent: '00-4bf9-00f0-01', ключ: '🗝️', empty: '' } }),
      })),
    ),
  );
}

/** Everything in the stream as it is stored, shard by shard. */
export async function readStored(
  { reader }: Connection,
  stream: string,
): Promise<readonly { readonly shard: Shard; readonly record: StoredRecord }[]> {
  const found: { shard: Shard; record: StoredRecord }[] = [];
  for (const shard of await reader.listShards(stream)) {
    let iterator: string | undefined = await reader.openIterator(stream, shard.shardId, { type: 'oldest' });
    while (iterator !== undefined) {
      const page = await reader.read(iterator, { stream, limit: 10_000 });
      for (const record of page.records) found.push({ shard, record });
      iterator = page.records.length === 0 ? undefined : page.nextIterator;
    }
  }
  return found;
}

/** The user records in it, as a Millrace consumer is given them. */
export function expand(
  stored: readonly { readonly shard: Shard; readonly record: StoredRecord }[],
): readonly UserRecord[] {
  return stored.flatMap(({ shard, record }) => expandRecord(record, { range: shard.hashRange }));
}

/** Order across shards means nothing, so sets of records are compared as sorted lines. */
export function lines(records: readonly Sample[]): readonly string[] {
  return records
    .map(({ partitionKey, explicitHashKey = '-', data }) =>
      [base64(Buffer.from(partitionKey)), explicitHashKey, base64(data)].join('\t'),
    )
    .toSorted();
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
