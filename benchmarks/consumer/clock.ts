// What takes its time: from put to handler, shards with nothing to tell, a deploy. Argument: endpoint. Tells each figure, then ends.
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

import { createConsumer, rawStream, type ConsumerOptions } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

const [endpoint = ''] = process.argv.slice(2);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
const connection = connect({ endpoint, region: 'us-east-1', credentials });

export interface Clocked {
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  /** The most it may be. */
  readonly goal: number;
}

const tell = (figure: Clocked): void =>
  void process.send?.({ ...figure, ours: Math.round(figure.ours * 100) / 100 });

await latency('polling', { retrieval: 'polling' }, 250);
await latency('fan-out', { retrieval: 'fan-out' }, 10);
await deploy();
await idle('polling', { retrieval: 'polling' });
await idle('fan-out', { retrieval: 'fan-out' });
await connection.close();
process.exit(0);

/** Milliseconds from just before the call of PutRecords to the handler, of records put one by one at odd moments. */
async function latency(name: string, options: Partial<ConsumerOptions>, goal: number): Promise<void> {
  const waits: number[] = [];
  const consumer = createConsumer(rawStream('clock'), connection, {
    group: `latency-${name}`,
    from: 'now',
    ...options,
  });
  const running = consumer.run({
    eachRecord: ({ value }) => {
      waits.push(performance.now() - Number(Buffer.from(value).toString()));
    },
  });
  await until(() => consumer.status().shards.filter((shard) => shard.retrieval !== undefined).length === 4);
  for (let n = 0; n < 250; n++) {
    await put(n);
    await sleep(10 + Math.random() * 20);
  }
  await until(() => waits.length >= 250);
  await consumer.close();
  await running;
  const sorted = waits.toSorted((a, b) => a - b);
  for (const share of [50, 99]) {
    const ours = sorted[Math.floor((sorted.length * share) / 100)] ?? Number.NaN;
    tell({
      case: `put-to-handler-${name}`,
      unit: `ms, p${share}`,
      ours,
      goal: share === 50 ? goal : Number.NaN,
    });
  }
}

/** The longest a shard waited for its next record when the worker that read it was closed and another took over. */
async function deploy(): Promise<void> {
  const pauses: number[] = [];
  for (let turn = 0; turn < 5; turn++) {
    const options = { group: 'deploy', from: 'now' } as const;
    const last = new Map<string, number>();
    let longest = 0;
    let watching = false;
    const eachRecord = ({ shardId }: { readonly shardId: string }): void => {
      const now = performance.now();
      if (watching) longest = Math.max(longest, now - (last.get(shardId) ?? now));
      last.set(shardId, now);
    };
    const leaving = createConsumer(rawStream('clock'), connection, {
      ...options,
      workerId: `leaving-${turn}`,
    });
    const running = leaving.run({ eachRecord });
    await until(() => leaving.status().shards.length === 4);
    const staying = createConsumer(rawStream('clock'), connection, {
      ...options,
      workerId: `staying-${turn}`,
      maxShards: 4,
    });
    const going = staying.run({ eachRecord });
    const putting = new AbortController();
    const feed = (async () => {
      for (let n = 0; !putting.signal.aborted; n++) {
        await put(n);
        await sleep(10);
      }
    })();
    await sleep(500);
    watching = true;
    await leaving.close();
    await running;
    await until(() => staying.status().shards.length === 4);
    await sleep(700);
    putting.abort();
    await feed;
    await staying.close();
    await going;
    pauses.push(longest);
  }
  const ours = pauses.toSorted((a, b) => a - b)[2] ?? Number.NaN;
  tell({ case: 'deploy-pause', unit: 'ms, longest of any shard', ours, goal: 2000 });
}

/** Share of a core for 200 shards without a record, with leases in DynamoDB. */
async function idle(name: string, options: Partial<ConsumerOptions>): Promise<void> {
  const consumer = createConsumer(rawStream('idle'), connection, {
    group: `idle-${name}`,
    from: 'now',
    ...options,
  });
  const running = consumer.run({ eachRecord: () => {} });
  await until(() => consumer.status().shards.filter((shard) => shard.retrieval !== undefined).length === 200);
  // Two lease durations: what begins costs more than what goes on.
  await sleep(20_000);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(20_000);
  const { user, system } = process.cpuUsage(cpu);
  const ours = (user + system) / 10 / (performance.now() - startedAt);
  tell({ case: `idle-200-shards-${name}`, unit: '% of a core', ours, goal: 5 });
  await consumer.close();
  await running;
}

/** Keys in turn, so that every shard gets its share. */
async function put(n: number): Promise<void> {
  const explicitHashKey = String(2n ** 126n * BigInt(n % 4));
  const data = Buffer.from(String(performance.now()));
  await connection.writer.write('clock', [{ partitionKey: 'k', explicitHashKey, data }], {});
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(10);
}
