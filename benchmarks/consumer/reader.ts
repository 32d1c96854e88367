// One way to read, in a process of its own, so that its memory and CPU are its own. Arguments: endpoint, stream, way, records expected.
import { createRequire } from 'node:module';
import process from 'node:process';

import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from '@aws-sdk/client-kinesis';
import { createConsumer, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';

/** AWS's own library, which has no types. */
interface Peer {
  deaggregateSync(
    record: { readonly partitionKey: string; readonly sequenceNumber: string; readonly data: string },
    checkDigest: boolean,
    after: (error: Error | undefined, records: readonly unknown[]) => void,
  ): void;
}

const peer = createRequire(import.meta.url)('aws-kinesis-agg') as Peer;
const [endpoint = '', stream = '', way = '', expected = '0'] = process.argv.slice(2);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const client = { endpoint, region: 'us-east-1', credentials };
const count = Number(expected);

/** What a round took. */
export interface Round {
  readonly seconds: number;
  readonly cpuMicros: number;
  readonly rssMiB: number;
}

process.on('message', () => void round().then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function round(): Promise<Round> {
  let rss = 0;
  const sampling = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const seen = way === 'bare' ? await bare(0) : way === 'bare-agg' ? await bare(1) : await ours(Number(way));
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampling);
  if (seen < count) throw new Error(`${way} saw ${seen} of ${count} records of ${stream}`);
  return { seconds, cpuMicros: (user + system) / count, rssMiB: rss / 1_048_576 };
}

/** The SDK as it comes: all shards side by side, as fast as it answers. `open` 1 opens aggregates as aws-kinesis-agg does. */
async function bare(open: 0 | 1): Promise<number> {
  const kinesis = new KinesisClient(client);
  const shards: string[] = [];
  for (let token: string | undefined, first = true; first || token !== undefined; first = false) {
    const page = await kinesis.send(
      new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }),
    );
    shards.push(...(page.Shards ?? []).map(({ ShardId }) => ShardId ?? ''));
    token = page.NextToken;
  }
  let seen = 0;
  const aggregated = stream.startsWith('aggregated');
  await Promise.all(
    shards.map(async (ShardId) => {
      let { ShardIterator } = await kinesis.send(
        new GetShardIteratorCommand({ StreamName: stream, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      );
      for (let behind = 1; behind > 0;) {
        const page = await kinesis.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
        for (const { Data, PartitionKey, SequenceNumber } of page.Records ?? []) {
          if (!aggregated) seen++;
          else if (open === 0) seen += count;
          else {
            const data = Buffer.from(Data ?? []).toString('base64');
            const record = { data, partitionKey: PartitionKey ?? '', sequenceNumber: SequenceNumber ?? '' };
            peer.deaggregateSync(record, true, (_error, records) => (seen += records.length));
          }
        }
        behind = page.MillisBehindLatest ?? 0;
        ShardIterator = page.NextShardIterator;
      }
    }),
  );
  kinesis.destroy();
  return seen;
}

/** Ours from an empty lease table to the last record, with a handler that answers at once. */
async function ours(lanes: number): Promise<number> {
  const connection = connect(client);
  const store = createMemoryLeaseStore();
  const consumer = createConsumer(
    rawStream(stream),
    { ...connection, leases: () => store },
    {
      group: 'bench',
      from: 'oldest',
      pollInterval: 0,
      concurrency: lanes,
    },
  );
  let seen = 0;
  await consumer.run({
    eachRecord: () => {
      if (++seen === count) void consumer.close();
    },
  });
  await connection.close();
  return seen;
}
