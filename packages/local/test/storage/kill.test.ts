import { describe, expect, test } from 'vitest';

import { newFolder } from './door.ts';
import { call, startServer } from './killed-server.ts';

/** `MILLRACE_KILLS=300` for the long run. */
const kills = Number(process.env['MILLRACE_KILLS'] ?? 20);
describe.each(['process', 'fsync'] as const)(
  'a server killed while it writes, durability %s',
  (durability) => {
    test(
      'has every record it acknowledged, with its number, in order, and none that was never sent',
      async () => {
        const folder = newFolder();
        const acknowledged = new Map<string, Acknowledged>();
        let sent = 0;
        for (let kill = 0; kill < kills / 2; kill++) {
          const server = await startServer(folder, durability);
          if (kill === 0) await call(server.endpoint, 'CreateStream', { StreamName: 's', ShardCount: 2 });
          check(await readAll(server.endpoint), acknowledged, sent);
          if (kill % 4 === 1) await splitFirst(server.endpoint);
          const writers = Array.from({ length: 4 }, async (_, writer) => {
            while (server.isRunning()) {
              const records = Array.from({ length: 1 + ((sent + writer) % 40) }, () => String(sent++));
              try {
                const { Records } = (await call(server.endpoint, 'PutRecords', {
                  StreamName: 's',
                  Records: records.map((id) => ({ Data: payload(id), PartitionKey: `key-${id}` })),
                })) as { Records: readonly Acknowledged[] };
                for (const [at, id] of records.entries()) acknowledged.set(id, Records[at] as Acknowledged);
              } catch {
                return;
              }
            }
          });
          const before = acknowledged.size;
          // Some kills hit the first writes, others the middle of many.
          while (acknowledged.size < before + ((kill * 97) % 1500)) await turn();
          await server.kill();
          await Promise.all(writers);
        }
        const last = await startServer(folder, durability);
        const found = await readAll(last.endpoint);
        await last.kill();
        check(found, acknowledged, sent);
        expect(acknowledged.size).toBeGreaterThan(kills * 10);
      },
      60_000 + kills * 5000,
    );
  },
);

interface Acknowledged {
  readonly SequenceNumber: string;
  readonly ShardId: string;
}

interface Found {
  readonly id: string;
  readonly number: string;
  readonly shardId: string;
}

function check(found: readonly Found[], acknowledged: ReadonlyMap<string, Acknowledged>, sent: number): void {
  const byId = new Map(found.map((record) => [record.id, record]));
  // Nothing twice, nothing foreign.
  expect(byId.size).toBe(found.length);
  expect(found.filter(({ id }) => Number(id) >= sent)).toEqual([]);
  const lost = [...acknowledged].filter(([id, { SequenceNumber, ShardId }]) => {
    const record = byId.get(id);
    return record?.number !== SequenceNumber || record.shardId !== ShardId;
  });
  expect(lost).toEqual([]);
  for (const [at, record] of found.entries()) {
    const before = found[at - 1];
    if (before?.shardId === record.shardId && BigInt(before.number) >= BigInt(record.number)) {
      throw new Error(`${record.number} comes behind ${before.number} in ${record.shardId}`);
    }
  }
}

function payload(id: string): string {
  return Buffer.from(`${id}:${'x'.repeat((Number(id) * 37) % 300)}`).toString('base64');
}

async function readAll(endpoint: string): Promise<readonly Found[]> {
  const { Shards } = (await call(endpoint, 'ListShards', { StreamName: 's' })) as {
    Shards: readonly { ShardId: string }[];
  };
  const found: Found[] = [];
  for (const { ShardId: shardId } of Shards) {
    const opened = await call(endpoint, 'GetShardIterator', {
      StreamName: 's',
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
    });
    let iterator = (opened as { ShardIterator?: string }).ShardIterator;
    while (iterator !== undefined) {
      const page = (await call(endpoint, 'GetRecords', { ShardIterator: iterator })) as Page;
      for (const { Data, SequenceNumber, PartitionKey } of page.Records) {
        const [id = ''] = Buffer.from(Data, 'base64').toString().split(':');
        expect([Data, PartitionKey]).toEqual([payload(id), `key-${id}`]);
        found.push({ id, number: SequenceNumber, shardId });
      }
      iterator = page.Records.length === 0 ? undefined : page.NextShardIterator;
    }
  }
  return found;
}

interface Page {
  readonly Records: readonly { Data: string; SequenceNumber: string; PartitionKey: string }[];
  readonly NextShardIterator?: string;
}

async function splitFirst(endpoint: string): Promise<void> {
  const { Shards } = (await call(endpoint, 'ListShards', {
    StreamName: 's',
    ShardFilter: { Type: 'AT_LATEST' },
  })) as {
    Shards: readonly { ShardId: string; HashKeyRange: { StartingHashKey: string; EndingHashKey: string } }[];
  };
  const shard = Shards[0];
  if (shard === undefined) return;
  const { StartingHashKey: start, EndingHashKey: end } = shard.HashKeyRange;
  await call(endpoint, 'SplitShard', {
    StreamName: 's',
    ShardToSplit: shard.ShardId,
    NewStartingHashKey: String((BigInt(start) + BigInt(end)) / 2n),
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
