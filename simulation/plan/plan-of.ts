import { absenceMs, drawFaults, drawStaleListings, withAbsence } from './draw-faults.ts';
import type { GroupPlan, Plan, ProducerPlan, StreamPlan, WorkerPlan } from './plan.ts';
import { Random } from './random.ts';

/** When the last fault may strike: soon, or, in few runs, after iterators and subscriptions have outlived their five minutes. */
const troubledMs = { short: 25_000, long: 420_000 } as const;

/**
 * The plan a seed stands for. Small on purpose: a few hundred records on a few shards within some minutes of virtual
 * time, so that a second explores many.
 */
export function planOf(seed: number): Plan {
  const random = new Random(seed);
  const long = random.chance(0.03);
  const untilMs = long ? troubledMs.long : troubledMs.short;
  const group = drawGroup(random.fork());
  const workers = drawMany(random.fork(), random.pick([1, 2, 2, 3, 3, 3, 4, 5, 8]), drawWorker);
  const producers = drawMany(random.fork(), random.pick([1, 1, 2, 3]), drawProducer);
  const shards = random.pick([1, 1, 2, 2, 3, 4]);
  const service = {
    updateMs: random.pick([0, 0, 500, 5000]),
    enforceLimits: random.chance(0.2),
    registerMs: random.pick([0, 2000]),
  };
  const faulty = random.fork();
  const streams = [{ shards }, ...drawMoreStreams(random.fork())];
  const several = streams.length > 1 || random.chance(0.05);
  const drawn = drawFaults(faulty, {
    workers: workers.length,
    producers: producers.length,
    streams: streams.length,
    leaseMs: group.leaseMs,
    untilMs,
  });
  const absentAt = !long && random.chance(0.04) ? random.between(4000, 15_000) : undefined;
  const faults = [...drawn, ...drawStaleListings(random.fork(), untilMs)].toSorted((a, b) => a.at - b.at);
  return {
    seed,
    service,
    streams,
    group: { ...group, several },
    // One worker takes whatever the others may not.
    workers: workers.map((worker, index) => ({
      ...(index === 0 ? withoutLimit(worker) : worker),
      // A group that begins later finds records that are not its own.
      startsAt: worker.startsAt + (group.from === 'oldest' ? 0 : 2000),
    })),
    producers: producers.map((one, index) => ({
      ...one,
      // Those of a long run put as much as others, only slower.
      paceMs: long ? one.paceMs * 12 : one.paceMs,
      poisonShare: poisonFor(group, one),
      stream: (one.stream + index) % streams.length,
    })),
    faults: absentAt === undefined ? faults : withAbsence(faults, absentAt),
    healedAt: untilMs + (absentAt === undefined ? 0 : absenceMs),
  };
}

/** Most groups read one stream. */
function drawMoreStreams(random: Random): readonly StreamPlan[] {
  const count = random.pick([0, 0, 0, 0, 0, 0, 0, 1, 1, 2]);
  return Array.from({ length: count }, () => ({ shards: random.between(1, 2) }));
}

function drawMany<T>(
  random: Random,
  count: number,
  draw: (random: Random, index: number) => T,
): readonly T[] {
  return Array.from({ length: count }, (_, index) => draw(random.fork(), index));
}

function drawGroup(random: Random): Omit<GroupPlan, 'several'> {
  return {
    from: random.pick(['oldest', 'oldest', 'oldest', 'now', 'time']),
    store: random.pick(['memory', 'dynamodb']),
    leaseMs: random.pick([1500, 3000, 6000]),
    pollMs: random.pick([250, 500, 1000]),
    maxAttempts: random.pick([1, 2, 3, 6]),
    policy: random.pick(['stop', 'skip', 'deadLetter', 'deadLetter', 'parkTheKey']),
  };
}

function drawWorker(random: Random, index: number): WorkerPlan {
  const handler = random.pick<WorkerPlan['handler']>([
    'eachRecord',
    'eachRecord',
    'eachRecord',
    'eachBatch',
    'eachBatch',
    'records',
    'batches',
  ]);
  const retrieval = random.pick<WorkerPlan['retrieval']>([
    'polling',
    'polling',
    'polling',
    'fan-out',
    'auto',
  ]);
  return {
    startsAt: index === 0 || random.chance(0.6) ? random.below(500) : random.below(20_000),
    handler,
    concurrency: handler === 'eachRecord' ? random.pick([1, 1, 2, 4, 16]) : 1,
    batchSize: random.pick([4, 10, 100, 10_000]),
    ...(random.chance(0.2) && { maxShards: random.between(1, 3) }),
    retrieval,
    prefetchBytes: random.pick([0, 4096, 33_554_432]),
    stallAfterMs: random.pick([retrieval === 'polling' ? 5000 : 15_000, 300_000]),
    handOffTimeoutMs: random.pick([300, 30_000]),
    ...random.pick(paces),
    heedsSignal: random.chance(0.5),
    wallAheadMs: random.pick([0, 0, 300, -300, 5000, -5000, 120_000, -120_000]),
  };
}

/** A group that stops for poison does little else while there is much of it; one that parks needs some to park. */
function poisonFor({ policy }: Pick<GroupPlan, 'policy'>, { poisonShare }: ProducerPlan): number {
  if (policy === 'stop') return poisonShare / 6;
  return policy === 'parkTheKey' ? Math.max(poisonShare, 0.06) : poisonShare;
}

/** How many records take a while, and how long: never so long altogether that a run does not end. */
const paces: readonly [
  Pick<WorkerPlan, 'slowShare' | 'slowMs'>,
  ...Pick<WorkerPlan, 'slowShare' | 'slowMs'>[],
] = [
  { slowShare: 0, slowMs: 0 },
  { slowShare: 0.3, slowMs: 20 },
  { slowShare: 0.3, slowMs: 200 },
  { slowShare: 0.05, slowMs: 1000 },
  { slowShare: 0.02, slowMs: 5000 },
];

function withoutLimit({ maxShards: _limit, ...worker }: WorkerPlan): WorkerPlan {
  return worker;
}

function drawProducer(random: Random): ProducerPlan {
  const ordering = random.pick<ProducerPlan['ordering']>(['none', 'key', 'key', 'shard']);
  const awaits = random.chance(0.1);
  return {
    startsAt: random.below(2000),
    ordering,
    aggregation: random.pick(['none', 'key', 'shard', 'shard']),
    lingerMs: random.pick([0, 20, 100, 400]),
    deadlineMs: random.pick([5000, 30_000]),
    requestTimeoutMs: random.pick([1000, 4000]),
    maxBufferedBytes: random.pick([1024, 4096, 1_048_576]),
    maxInFlight: random.pick([1, 2, 4]),
    maxRequestBytes: random.pick([1024, 8192, 5_242_880]),
    records: awaits ? 40 : random.pick([40, 80, 160]),
    keys: random.pick([1, 4, 12, 40]),
    paceMs: random.pick([50, 150, 400]),
    awaits,
    largestBytes: random.pick([40, 200, 1500]),
    poisonShare: random.pick([0, 0, 0.06]),
    garbledShare: random.pick([0, 0, 0.01]),
    headerShare: random.pick([0, 0.1]),
    hashKeyShare: random.pick([0, 0, 0.5]),
    stream: random.below(3),
  };
}
