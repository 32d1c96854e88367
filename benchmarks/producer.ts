/**
 * Claim: ours puts more records a second than the loop everybody writes and than the bare SDK, for less CPU a record,
 * and what cannot be sent costs bounded memory. Everyone is a process of its own, the embedded server another.
 *
 * `plain` and `tls` have the server beside them; `far` (cases `…-tls-10ms`) is answered 10 ms later, as from a service.
 * `--only=plain,tls,far,transport,dead` runs some of it. docs/producer.md tells what each of them says.
 */
import type { Figures } from './producer/contestant.ts';
import { startBenchServer, startContestant, type Contestant, type Door } from './producer/fleet.ts';
import { feedTheDead } from './producer/dead.ts';
import { median, progress, report } from './harness.ts';
import type { Round } from './producer/load.ts';

const ROUNDS = 5;
const only = process.argv.find((option) => option.startsWith('--only='))?.slice('--only='.length);
const peers = ['textbook loop', 'bare SDK'];
const ours = ['plain', 'aggregated by key', 'aggregated by shard'];

await section('plain', () => compare('plain', 0));
await section('tls', () => compare('tls', 0));
await section('far', () => compare('tls', 10));
await section('transport', transport);
await section('dead', dead);

async function section(name: string, run: () => Promise<void>): Promise<void> {
  if (only === undefined || only.split(',').includes(name)) await run();
}

/** All ways against one server, through one door; round by round, so that a slow moment is slow for everybody. */
async function compare(door: Door, latencyMs: number): Promise<void> {
  await using server = await startBenchServer(latencyMs);
  const where = latencyMs > 0 ? `${door}-${latencyMs}ms` : door;
  for (const [size, bytes, records] of [
    ['100B', 100, 200_000],
    ['1KiB', 1024, 40_000],
  ] as const) {
    const contestants = new Map(
      [...peers, ...ours].map((name) => [name, startContestant(name, server, door)]),
    );
    const title = `producer ${where} ${size}`;
    const fast = await race(title, contestants, (name) => ({
      bytes,
      records: name === 'textbook loop' ? records / 4 : records,
    }));
    // How long a record waits is asked where nobody is short of anything: at a rate all of them can keep.
    const steady = await race(`${title} at a steady rate`, contestants, () => ({
      bytes,
      records: 4000,
      perSecond: 4000,
    }));
    for (const contestant of contestants.values()) await contestant[Symbol.asyncDispose]();
    for (const mode of ours) {
      const name = `${mode.replaceAll(' ', '-')}-${size}-${where}`;
      tell(name, mode, 'user records/s', fast, ({ perSecond }) => perSecond, 'higher');
      tell(name, mode, 'CPU µs/record', fast, ({ cpuMicros }) => cpuMicros);
      tell(name, mode, 'peak RSS MiB', fast, ({ rssMiB }) => rssMiB);
      tell(name, mode, 'p99 ms of put at 4,000/s', steady, ({ p99 }) => p99);
    }
  }
}

/** What our way to call is worth: connections kept, and the body written by us. */
async function transport(): Promise<void> {
  await using server = await startBenchServer();
  for (const door of ['plain', 'tls'] as const) {
    const names = { ours: 'calls of our client', peer: 'calls of the bare SDK' };
    const contestants = new Map(
      Object.values(names).map((name) => [name, startContestant(name, server, door)]),
    );
    const figures = await race(`transport ${door}`, contestants, () => ({ bytes: 100, records: 2000 }));
    for (const contestant of contestants.values()) await contestant[Symbol.asyncDispose]();
    const line = (unit: string, better: 'higher' | 'lower', pick: (figure: Figures) => number): void => {
      const of = (who: string): number => rounded(median((figures.get(who) ?? []).map(pick)));
      const bare = { 'bare SDK': of(names.peer) };
      report({
        bench: 'producer',
        case: `transport-${door}`,
        unit,
        better,
        ours: of(names.ours),
        peers: bare,
      });
    };
    line('calls/s', 'higher', ({ perSecond }) => perSecond);
    line('CPU µs/call', 'lower', ({ cpuMicros }) => cpuMicros);
  }
}

/** Memory while the service is gone: a port nobody listens at, and one where nobody ever answers. */
async function dead(): Promise<void> {
  for (const kind of ['closed-port', 'never-answers'] as const) {
    progress(`producer against a service that is dead: ${kind}`);
    const curve = await feedTheDead(kind);
    process.stdout.write(`${JSON.stringify({ bench: 'producer', case: `dead-${kind}`, ...curve })}\n`);
  }
}

async function race(
  title: string,
  contestants: ReadonlyMap<string, Contestant>,
  roundOf: (name: string) => Round,
): Promise<ReadonlyMap<string, readonly Figures[]>> {
  const figures = new Map<string, Figures[]>([...contestants.keys()].map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, contestant] of contestants) {
      const found = await contestant.run(roundOf(name));
      // The first round only warms up.
      if (round > 0) figures.get(name)?.push(found);
    }
    progress(round === 0 ? `${title}: warm` : `${title}: round ${round} of ${ROUNDS}`);
  }
  return figures;
}

function tell(
  name: string,
  mode: string,
  unit: string,
  figures: ReadonlyMap<string, readonly Figures[]>,
  pick: (figure: Figures) => number,
  better: 'higher' | 'lower' = 'lower',
): void {
  const of = (who: string): number => rounded(median((figures.get(who) ?? []).map(pick)));
  const found = { ours: of(mode), peers: Object.fromEntries(peers.map((who) => [who, of(who)])) };
  report({ bench: 'producer', case: name, unit, better, ...found });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
