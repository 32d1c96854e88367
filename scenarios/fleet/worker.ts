// One worker of a group in a process of its own. Arguments: endpoint, name, retrieval. Tells each record it has handled, and waits until it is heard; SIGTERM closes it.
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
const heard = new Map<string, () => void>();
process.on('message', (record: string) => heard.get(record)?.());
process.once('disconnect', () => process.exit(1));
using _ = closeOnSignals(consumer, { drain: '10s' });

await consumer.run({
  // Handled is what has been heard: should the process end before, the record must come again. What was only told could be heard
  // after what another worker tells of the key's next record.
  eachRecord: ({ value }) =>
    new Promise<void>((resolve, reject) => {
      const told: Handled = { ...value, worker };
      heard.set(`${value.key}/${value.n}`, resolve);
      process.send?.(told, undefined, undefined, (error) => error && reject(error));
    }),
});
await connection.close();
// From here on nothing may keep the process.
process.channel?.unref();
