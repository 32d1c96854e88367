import type { ClockOwner, Fault, Port, Victim } from './fault.ts';
import type { Random } from './random.ts';

export interface FaultScope {
  readonly workers: number;
  readonly producers: number;
  readonly streams: number;
  readonly leaseMs: number;
  /** Nothing begins after this. */
  readonly untilMs: number;
}

type Draw = (random: Random, at: number, scope: FaultScope) => Fault;

/** None to a dozen faults, in the order of their times. */
export function drawFaults(random: Random, scope: FaultScope): readonly Fault[] {
  const count = random.pick([0, 3, 6, 9, 12, 16]);
  return Array.from({ length: count }, () => {
    const one = random.fork();
    return one.pick(kinds)(one, 200 + one.below(scope.untilMs - 200), scope);
  }).toSorted((a, b) => a.at - b.at);
}

const crash: Draw = (random, at, scope) => {
  const onCall = {
    count: random.between(1, 12),
    when: random.pick(['before', 'after'] as const),
    port: random.pick<Port>(['stream', 'leases', 'leases']),
  };
  const sameName = random.chance(0.25);
  return {
    kind: 'crash',
    at,
    victim: anyone(random, scope),
    ...(random.chance(0.7) && { onCall }),
    // A name that comes back while its last life's requests are under way would be two owners in one.
    wire: sameName ? 'cut' : random.pick(['arrives', 'cut']),
    sameName,
    downMs: random.pick([50, 500, 5000]),
  };
};

const pause: Draw = (random, at, scope) => ({
  kind: 'pause',
  at,
  victim: anyone(random, scope),
  // As long as an iterator lives, where the run is.
  ms: scope.untilMs > 300_000 && random.chance(0.2) ? 310_000 : scope.leaseMs * random.pick([0.5, 1.2, 2, 4]),
});

const deploy: Draw = (random, at, scope) => ({
  kind: 'deploy',
  at,
  victim: worker(random, scope),
  drainMs: random.pick([0, 1000, 25_000]),
  downMs: random.pick([0, 300, 3000]),
});

const cut: Draw = (random, at, scope) => ({
  kind: 'cut',
  at,
  victim: anyone(random, scope),
  ms: scope.leaseMs * random.pick([0.5, 1.5, 3]),
  port: random.pick(['leases', 'leases', 'stream']),
});

const operations: Readonly<Record<Port, readonly [string, ...string[]]>> = {
  leases: ['checkpoint', 'checkpoint', 'renew', 'take', 'ask', 'release', 'create', 'list', 'get'],
  stream: ['write', 'listShards', 'listShards', 'openIterator', 'read', 'subscribe', 'event'],
};

const weather: Draw = (random, at) => {
  const port = random.pick<Port>(['leases', 'stream']);
  const mishap =
    port === 'leases'
      ? random.pick(['refused', 'silent', 'lost', 'lost', 'failed', 'throttled', 'slow', 'slow'] as const)
      : random.pick([
          'refused',
          'silent',
          'lost',
          'lost',
          'failed',
          'throttled',
          'slow',
          'expired',
          'entries',
          'entries',
        ] as const);
  // What hits one kind of call only, the fleet lives with for longer.
  const operation = mishap !== 'expired' && mishap !== 'entries' && random.chance(0.5);
  return {
    kind: 'weather',
    at,
    ms: operation ? random.pick([6000, 20_000]) : random.pick([500, 2000, 6000]),
    mishap,
    port,
    ...(operation && { operation: random.pick(operations[port]) }),
    rate: random.pick([0.1, 0.3, 0.7]),
    delayMs: random.pick([100, 1000, 6000]),
  };
};

const reshard: Draw = (random, at, scope) => ({
  kind: 'reshard',
  at,
  how: random.pick(['split', 'merge', 'double', 'halve', 'diamond']),
  stream: random.below(scope.streams),
});

const jump: Draw = (random, at, scope) => {
  const victim: ClockOwner = random.chance(0.4) ? { role: 'service' } : anyone(random, scope);
  const far = random.pick([2000, 60_000, 3_600_000, 86_400_000]);
  // The service's never goes so far that records are past their retention: that is what an absence is for.
  const ms = victim.role === 'service' ? Math.min(far, 3_600_000) : far;
  return { kind: 'jump', at, victim, ms: random.pick([-1, 1]) * ms };
};

const failures: Draw = (random, at) => ({
  kind: 'failures',
  at,
  ms: random.pick([1000, 5000]),
  where: random.pick(['handler', 'handler', 'sink']),
  rate: random.pick([0.1, 0.5]),
});

/** Now and then listings of shards are behind for a while, as after a reshard they may be. */
export function drawStaleListings(random: Random, untilMs: number): readonly Fault[] {
  if (!random.chance(0.3)) return [];
  return [
    {
      kind: 'weather',
      at: random.below(untilMs),
      ms: random.pick([3000, 10_000, 25_000]),
      mishap: 'stale',
      port: 'stream',
      rate: random.pick([0.5, 1]),
      delayMs: random.pick([500, 2000, 8000]),
    },
  ];
}

/** An hour longer than records are kept. */
export const absenceMs = 25 * 3_600_000;

/** Everybody is away from `at` on; what would have happened later happens when they are back. */
export function withAbsence(faults: readonly Fault[], at: number): readonly Fault[] {
  const absence: Fault = { kind: 'absence', at, ms: absenceMs };
  const later = faults
    .filter((fault) => fault.at >= at)
    .map((fault) => ({ ...fault, at: fault.at + absenceMs }));
  return [...faults.filter((fault) => fault.at < at), absence, ...later];
}

/** What there is most of is most likely. */
const kinds: readonly [Draw, ...Draw[]] = [
  crash,
  crash,
  crash,
  pause,
  pause,
  deploy,
  cut,
  weather,
  weather,
  weather,
  reshard,
  reshard,
  reshard,
  reshard,
  jump,
  jump,
  failures,
];

function anyone(random: Random, scope: FaultScope): Victim {
  return random.chance(0.2)
    ? { role: 'producer', index: random.below(scope.producers) }
    : worker(random, scope);
}

function worker(random: Random, scope: FaultScope): Victim {
  return { role: 'worker', index: random.below(scope.workers) };
}
