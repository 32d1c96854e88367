// A worker of ours in a process that may be killed. Arguments: Kinesis endpoint, DynamoDB endpoint, group, name.
import process from 'node:process';

import { createConsumer, rawStream } from '@millrace/kinesis';

import { connectionOf, failoverMs, stream, textOf } from './stage.ts';

const [kinesis = '', dynamodb = '', group = '', workerId = ''] = process.argv.slice(2);
const leasesAt = connectionOf({ endpoint: dynamodb });
const consumer = createConsumer(
  rawStream(stream),
  { ...connectionOf({ endpoint: kinesis }), leases: (name) => leasesAt.leases(name) },
  {
    group,
    workerId,
    from: 'oldest',
    leaseDuration: failoverMs,
    pollInterval: 200,
  },
);
await consumer.run({
  // Handled is what has been told: should the process end before, the record must come again.
  eachRecord: ({ shardId, sequenceNumber, subSequenceNumber, value }) =>
    new Promise<void>((resolve, reject) => {
      const told = { shardId, sequenceNumber, subSequenceNumber, text: textOf(value) };
      process.send?.(told, undefined, undefined, (error) => (error ? reject(error) : resolve()));
    }),
});
