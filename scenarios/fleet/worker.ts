// One worker of a group in a process of its own. Arguments: endpoint, name, retrieval. Tells each record it has handled; SIGTERM closes it.
import process from 'node:process';

import { createConsumer, defineStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { closeOnSignals } from '@millrace/kinesis/runtime';

import type { Handled } from './fleet.ts';

const [endpoint = '', worker = '', retrieval = 'polling'] = process.argv.slice(2);
const steps = defineStream<{ key: string; n: number }>({ name: 'steps', key: (step) => step.key });
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const connection = connect({ endpoint, region: 'us-east-1', credentials });
const consumer = createConsumer(steps, connection, {
  group: 'fleet',
  from: 'oldest',
  workerId: worker,
  leaseDuration: '2s',
  concurrency: 4,
  retrieval: retrieval === 'auto' ? 'auto' : 'polling',
});
using _ = closeOnSignals(consumer, { drain: '10s' });

await consumer.run({
  // Handled is what has been told: should the process end before, the record must come again.
  eachRecord: ({ value }) =>
    new Promise<void>((resolve, reject) => {
      const told: Handled = { ...value, worker };
      process.send?.(told, undefined, undefined, (error) => (error ? reject(error) : resolve()));
    }),
});
await connection.close();
process.disconnect();
