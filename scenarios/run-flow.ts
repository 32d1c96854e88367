import {
  createConsumer,
  createProducer,
  defineStream,
  isMillraceError,
  type Connection,
} from '@millrace/kinesis';
import { isOpen } from '@millrace/kinesis/shard';
import { sleep } from '@millrace/kinesis/runtime';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis, type LocalKinesis } from '@millrace/local';

/** What flows: `n` counts up within a key. */
export interface Step {
  readonly key: string;
  readonly n: number;
}

export const steps = defineStream<Step>({ name: 'steps', key: (step) => step.key });

/** One delivery to a handler that succeeded. */
export interface Delivery extends Step {
  readonly worker: string;
  readonly shardId: string;
}

export interface Flow {
  readonly sent: readonly Step[];
  readonly delivered: readonly Delivery[];
  /** Open shards at the end, and all there ever were. */
  readonly shards: { readonly open: number; readonly all: number };
}

const workers = 3;
const records = 600;
const keys = 17;

/** A small production day on the manual clock: reshards and a kill at times the seed decides. */
export async function runFlow(seed: number): Promise<Flow> {
  const clock = createManualClock({ seed });
  await using kinesis = await createLocalKinesis({ clock, streams: { steps: { shards: 4 } } });
  const delivered: Delivery[] = [];
  const fleet = Array.from({ length: workers }, (_, index) =>
    startWorker(`worker-${index}`, kinesis.connection, clock, delivered, seed % 2 === 0 ? 1 : 4),
  );
  const troubles = plan(clock, [
    () => void reshard(kinesis, clock),
    () => void reshard(kinesis, clock),
    () => fleet[Math.floor(clock.random() * workers)]?.kill(),
  ]);

  const sent: Step[] = [];
  await using producer = createProducer(steps, kinesis.connection, {
    clock,
    ordering: 'key',
    aggregation: clock.random() < 0.5 ? 'key' : 'none',
  });
  const counts = new Map<string, number>();
  for (let index = 0; index < records; index++) {
    const key = `key-${Math.floor(clock.random() ** 2 * keys)}`;
    const n = counts.get(key) ?? 0;
    counts.set(key, n + 1);
    const step = { key, n };
    void producer.put(step).then(() => sent.push(step));
    if (index % 5 === 0) await clock.advance(clock.random() * 150);
    while ((troubles[0]?.at ?? Number.POSITIVE_INFINITY) <= index) troubles.shift()?.strike();
  }
  const flushed = producer.flush();
  await clock.advance(1000);
  await flushed;
  await clock.advance(90_000);
  const closing = Promise.all(fleet.map((worker) => worker.close()));
  await clock.advance(30_000);
  await closing;
  const shards = await kinesis.connection.reader.listShards('steps');
  return { sent, delivered, shards: { open: shards.filter(isOpen).length, all: shards.length } };
}

interface Trouble {
  readonly at: number;
  readonly strike: () => void;
}

function plan(clock: ManualClock, strikes: readonly (() => void)[]): Trouble[] {
  return strikes
    .map((strike) => ({ at: Math.floor(clock.random() * records), strike }))
    .toSorted((a, b) => a.at - b.at);
}

/** Splits every shard, splits one, or merges two neighbours. */
async function reshard({ engine, connection }: LocalKinesis, clock: ManualClock): Promise<void> {
  const shards = await connection.reader.listShards('steps');
  const open = shards.filter(isOpen).toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  const at = Math.floor(clock.random() * (open.length - 1));
  const [one, next] = open.slice(at, at + 2);
  const kind = clock.random();
  if (kind < 0.4 || one === undefined) engine.updateShardCount('steps', open.length * 2);
  else if (kind < 0.7 || next === undefined) engine.splitShard('steps', one.shardId);
  else engine.mergeShards('steps', one.shardId, next.shardId);
}

interface RunningWorker {
  /** Ends it between two instructions: nothing it started is finished, nothing is cleaned up. */
  kill(): void;
  close(): Promise<void>;
}

function startWorker(
  worker: string,
  connection: Connection,
  clock: ManualClock,
  delivered: Delivery[],
  concurrency: number,
): RunningWorker {
  let dead = false;
  const consumer = createConsumer(
    steps,
    mortal(connection, () => dead),
    {
      group: 'scenario',
      from: 'oldest',
      workerId: worker,
      leaseDuration: '3s',
      concurrency,
      clock,
    },
  );
  const running = consumer.run({
    eachRecord: async ({ value, shardId }) => {
      // Real work takes time, so a kill finds the worker in the middle of it; and now and then it fails.
      if (clock.random() < 0.4) await sleep(clock, clock.random() * 500);
      if (dead) await never();
      if (clock.random() < 0.02) throw new Error('The database did not answer.');
      delivered.push({ ...value, worker, shardId });
    },
  });
  running.catch((error: unknown) => {
    if (!isMillraceError(error)) throw error;
  });
  return {
    kill() {
      dead = true;
    },
    close: () => (dead ? Promise.resolve() : consumer.close()),
  };
}

/** The connection of a process that may die: from then on nothing it asks is done or answered. */
function mortal(connection: Connection, isDead: () => boolean): Connection {
  const guard = <T extends object>(port: T): T =>
    new Proxy(port, {
      get(target, name, receiver) {
        const member: unknown = Reflect.get(target, name, receiver);
        if (typeof member !== 'function') return member;
        return (...given: unknown[]) => {
          if (isDead()) return never();
          const answer: unknown = Reflect.apply(member, target, given);
          return answer instanceof Promise
            ? answer.then((value: unknown) => (isDead() ? never() : value))
            : answer;
        };
      },
    });
  return {
    writer: guard(connection.writer),
    reader: guard(connection.reader),
    leases: (group) => guard(connection.leases(group)),
    close: () => connection.close(),
  };
}

function never(): Promise<never> {
  return new Promise(() => {});
}
