// The embedded server in a process of its own, filled with what is to be read: two streams of plain records, two of aggregates, one that stays empty, one for the clock.
import { createProducer, rawStream } from '@millrace/kinesis';
import { startServer } from '@millrace/local';

import { PLAIN, AGGREGATED } from './load.ts';

const server = await startServer({
  port: 0,
  streams: {
    'plain-4': { shards: 4 },
    'plain-200': { shards: 200 },
    'aggregated-4': { shards: 4 },
    'aggregated-200': { shards: 200 },
    idle: { shards: 200 },
    clock: { shards: 4 },
  },
});
const { connection } = server.kinesis;
for (const [name, count, aggregation] of [
  ['plain-4', PLAIN, 'none'],
  ['plain-200', PLAIN, 'none'],
  ['aggregated-4', AGGREGATED, 'shard'],
  ['aggregated-200', AGGREGATED, 'shard'],
] as const) {
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
