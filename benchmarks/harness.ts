import { performance } from 'node:perf_hooks';

/** Does some work and answers how many units it did. */
export type Contestant = () => number | Promise<number>;

export interface BenchCase {
  readonly bench: string;
  readonly case: string;
  /** What is counted, per second. More is better. */
  readonly unit: string;
  readonly ours: Contestant;
  /** By name and version. */
  readonly peers?: Readonly<Record<string, Contestant>>;
  /** The least that any implementation must do. */
  readonly floor?: Contestant;
}

/** Figures of one case, however they were measured. */
export interface Result {
  readonly bench: string;
  readonly case: string;
  readonly unit: string;
  readonly ours: number;
  readonly peers?: Readonly<Record<string, number>>;
  readonly floor?: number;
  /** Which way is better. Default 'higher'. */
  readonly better?: 'higher' | 'lower';
}

interface Rounds {
  /** At least 5; medians are taken over them. Default 15. */
  readonly rounds?: number;
  /** The least a contestant runs for in each round, milliseconds. Default 150. */
  readonly roundMs?: number;
}

/**
 * Runs all contestants of a case in turn, round by round and each round in another order, so that a machine that is
 * slow for a while is slow for all of them, and none always pays for its neighbour's garbage. Prints the medians.
 */
export async function runCase(benchCase: BenchCase, rounds: Rounds = {}): Promise<void> {
  const { bench, case: name, unit, ours, peers = {}, floor } = benchCase;
  const contestants = new Map<string, Contestant>([['ours', ours]]);
  for (const [peer, contestant] of Object.entries(peers)) contestants.set(`peer ${peer}`, contestant);
  if (floor !== undefined) contestants.set('floor', floor);

  const rates = await measure(`${bench} ${name}`, contestants, rounds);
  const rate = (contestant: string): number => Math.round(median(rates.get(contestant) ?? []));
  const over = (contestant: string): number => {
    const others = rates.get(contestant) ?? [];
    return median((rates.get('ours') ?? []).map((own, round) => own / (others[round] ?? Number.NaN)));
  };
  const overPeers = Object.keys(peers).map((peer) => over(`peer ${peer}`));
  print({
    bench,
    case: name,
    unit,
    ours: rate('ours'),
    peers: Object.fromEntries(Object.keys(peers).map((peer) => [peer, rate(`peer ${peer}`)])),
    ...(floor !== undefined && { floor: rate('floor') }),
    // Round by round: when the machine is slow for a while, it is so for both.
    ...(overPeers.length > 0 && { ratio: rounded(Math.min(...overPeers)) }),
    ...(floor !== undefined && { ofFloor: rounded(over('floor')) }),
  });
}

/** One JSON line on stdout: `ratio` over 1 is better than the best peer, `ofFloor` is at most 1, whatever the unit. */
export function report(result: Result): void {
  const { better = 'higher', ...line } = result;
  const peers = Object.values(line.peers ?? {});
  const bestPeer = better === 'higher' ? Math.max(...peers) : Math.min(...peers);
  const over = (other: number): number =>
    rounded(better === 'higher' ? line.ours / other : other / line.ours);
  const compared = {
    ...line,
    ...(peers.length > 0 && { ratio: over(bestPeer) }),
    ...(line.floor !== undefined && { ofFloor: over(line.floor) }),
  };
  print(compared);
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Something a person can follow; stdout is for the figures. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

async function measure(
  title: string,
  contestants: ReadonlyMap<string, Contestant>,
  { rounds = 15, roundMs = 150 }: Rounds,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const names = [...contestants.keys()];
  const rates = new Map<string, number[]>(names.map((name) => [name, []]));
  // The first round only warms up.
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < names.length; turn++) {
      const name = names[(turn + round) % names.length] ?? '';
      const contestant = contestants.get(name);
      if (contestant === undefined) continue;
      const rate = await rateOf(contestant, roundMs);
      if (round > 0) rates.get(name)?.push(rate);
    }
    progress(round === 0 ? `${title}: warm` : `${title}: round ${round} of ${rounds}`);
  }
  return rates;
}

async function rateOf(contestant: Contestant, roundMs: number): Promise<number> {
  const start = performance.now();
  let units = 0;
  let elapsed = 0;
  while (elapsed < roundMs) {
    const done = contestant();
    units += typeof done === 'number' ? done : await done;
    elapsed = performance.now() - start;
  }
  return (units / elapsed) * 1000;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
