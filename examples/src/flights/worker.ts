// One worker process: consumes flights and writes down each it was given. Started by main.ts with its settings in argv.
import process from 'node:process';

import { isMillraceError } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { createConsumer } from '@millrace/kinesis/consumer';
import { closeOnSignals, systemClock } from '@millrace/kinesis/runtime';

import { flights } from './flights.ts';
import { LedgerWriter } from './ledger.ts';
import type { WorkerReport } from './workers.ts';

const [workerId = '', endpoint = '', ledgerPath = '', leaseDuration = ''] = process.argv.slice(2);

const connection = connect({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
using ledger = new LedgerWriter(ledgerPath);
const consumer = createConsumer(flights, connection, {
  group: 'flights-demo',
  from: 'oldest',
  workerId,
  leaseDuration: Number(leaseDuration),
  pollInterval: 100,
});
const signals = closeOnSignals(consumer, { drain: '10s' });

let reporting: Disposable = systemClock.timer(0, report);
try {
  await consumer.run({ eachBatch: (records) => ledger.write(records, systemClock.now()) });
} catch (error) {
  process.stderr.write(`${workerId}: ${isMillraceError(error) ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  reporting[Symbol.dispose]();
  signals[Symbol.dispose]();
  await connection.close();
  process.disconnect?.();
}

function report(): void {
  const shards = consumer.status().shards.map(({ shardId }) => ({ shardId }));
  process.send?.({ workerId, shards } satisfies WorkerReport);
  reporting = systemClock.timer(250, report);
}
