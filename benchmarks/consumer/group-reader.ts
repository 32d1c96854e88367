// A consumer with leases in DynamoDB, in a process of its own. Argument: endpoint. Answers each task it is sent with its figures.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { createConsumer, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

/** Reads so many records, with a handler that does nothing. */
export interface ReadTask {
  readonly kind: 'read';
  readonly stream: string;
  readonly group: string;
  readonly retrieval: 'polling' | 'fan-out';
  /** Between two reads of a shard, milliseconds. */
  readonly pollMs: number;
  readonly records: number;
}

/** Holds so many shards without records. */
export interface IdleTask {
  readonly kind: 'idle';
  readonly stream: string;
  readonly group: string;
  readonly shards: number;
  readonly seconds: number;
}

/** From the first record to the last. */
export interface ReadFigures {
  readonly seconds: number;
  readonly cpuMicros: number;
  readonly rssMiB: number;
}

export interface IdleFigures {
  readonly percentOfCore: number;
  readonly rssMiB: number;
}

const [endpoint = ''] = process.argv.slice(2);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const connection = connect({ endpoint, region: 'us-east-1', credentials });
const mebibyte = 1_048_576;

process.on('message', (task: ReadTask | IdleTask) => {
  void (task.kind === 'read' ? read(task) : idle(task)).then((figures) => process.send?.(figures));
});
process.on('disconnect', () => process.exit(0));
process.send?.('ready');

async function read({ stream, group, retrieval, pollMs, records }: ReadTask): Promise<ReadFigures> {
  const consumer = createConsumer(rawStream(stream), connection, {
    group,
    from: 'oldest',
    retrieval,
    pollInterval: pollMs,
    leaseDuration: '3s',
  });
  let rss = 0;
  const sampling = setInterval(() => (rss = Math.max(rss, process.memoryUsage.rss())), 20);
  let seen = 0;
  let startedAt = 0;
  let cpuAtStart = process.cpuUsage();
  let figures = { seconds: Number.NaN, cpuMicros: Number.NaN };
  await consumer.run({
    eachRecord: () => {
      if (seen++ === 0) {
        startedAt = performance.now();
        cpuAtStart = process.cpuUsage();
      }
      if (seen !== records) return;
      const { user, system } = process.cpuUsage(cpuAtStart);
      figures = { seconds: (performance.now() - startedAt) / 1000, cpuMicros: user + system };
      void consumer.close();
    },
  });
  clearInterval(sampling);
  return { ...figures, rssMiB: rss / mebibyte };
}

async function idle({ stream, group, shards, seconds }: IdleTask): Promise<IdleFigures> {
  const consumer = createConsumer(rawStream(stream), connection, { group, from: 'oldest' });
  const running = consumer.run({ eachRecord: () => {} });
  const begun = (): number =>
    consumer.status().shards.filter(({ retrieval }) => retrieval !== undefined).length;
  while (begun() < shards) await sleep(50);
  await sleep(5000);
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(seconds * 1000);
  const { user, system } = process.cpuUsage(before);
  const percentOfCore = (user + system) / 10 / (performance.now() - startedAt);
  const rssMiB = process.memoryUsage.rss() / mebibyte;
  await consumer.close();
  await running;
  return { percentOfCore, rssMiB };
}
