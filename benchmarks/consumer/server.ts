// The embedded server in a process of its own, filled with what is to be read: two streams of plain records, two of aggregates, one that stays empty, one for the clock. Arguments: the streams to serve; all when there are none.
import process from 'node:process';

import { createProducer, rawStream } from '@millrace/kinesis';
import { startServer } from '@millrace/local';

import { PLAIN, AGGREGATED } from './load.ts';

const asked = process.argv.slice(2);
const serves = (name: string): boolean => asked.length === 0 || asked.includes(name);
const shards = {
  'plain-4': 4,
  'plain-200': 200,
  'aggregated-4': 4,
  'aggregated-200': 200,
  idle: 200,
  'idle-20': 20,
  clock: 4,
};
const streams = Object.entries(shards)
  .filter(([name]) => serves(name))
  .map(([name, count]) => [name, { shards: count }] as const);
const server = await startServer({ port: 0, streams: Object.fromEntries(streams) });
const { connection } = server.kinesis;
for (const [name, count, aggregation] of [
  ['plain-4', PLAIN, 'none'],
  ['plain-200', PLAIN, 'none'],
  ['aggregated-4', AGGREGATED, 'shard'],
  ['aggregated-200', AGGREGATED, 'shard'],
] as const) {
  if (!serves(name)) continue;
  const producer = createProducer(rawStream(name), connection, { aggregation, linger: 50 });
  const data = new Uint8Array(100).fill(7);
  await producer.putMany(
    (function* records() {
      for (let n = 0; n < count; n++) yield { partitionKey: `customer-${(n * 7919) % 5000}`, data };
    })(),
  );
  await producer.close();
}
process.send?.(server.endpoint);
process.on('disconnect', () => void server.close().then(() => process.exit(0)));
