// Claim: a consumer with leases, checkpoints, order and retries reads as fast as the bare SDK's GetRecords loop, opens a million
// user records a second, hands a record over within milliseconds by fan-out, and costs next to nothing when idle.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import type { Clocked } from './consumer/clock.ts';
import { AGGREGATED, PLAIN } from './consumer/load.ts';
import type { Round } from './consumer/reader.ts';
import { progress, report } from './harness.ts';

const rounds = 5;
/** `-- consumer clock` is that part alone, `-- consumer throughput` the other, `-- consumer aggregated-4` one stream of it. */
const [, , only = 'all'] = process.argv;
const clock = ['all', 'clock'].includes(only) ? ['clock', 'idle'] : [];
const filled = ['plain-4', 'aggregated-4', 'plain-200', 'aggregated-200'].filter((stream) =>
  ['all', 'throughput', stream].includes(only),
);
if (clock.length + filled.length === 0) throw new Error(`There is no part ${JSON.stringify(only)}.`);
const execArgv = ['--import', 'tsx'];
const start = (file: string, ...args: readonly string[]): ChildProcess =>
  fork(join(import.meta.dirname, 'consumer', file), args, { execArgv });

/** The next message of a child; rejects when it ends instead. */
async function message<T>(child: ChildProcess): Promise<T> {
  const ended = new AbortController();
  const { signal } = ended;
  const next = Promise.race([
    once(child, 'message', { signal }),
    once(child, 'exit', { signal }).then(([code]) => {
      throw new Error(`A child ended with ${String(code)}.`);
    }),
  ]);
  try {
    const [value] = (await next) as [T];
    return value;
  } finally {
    ended.abort();
  }
}

const server = start('server.ts', ...clock, ...filled);
try {
  const endpoint = await message<string>(server);
  for (const stream of filled) {
    if (stream.startsWith('plain')) await throughput(endpoint, stream, PLAIN, { floor: 'bare' });
    else await throughput(endpoint, stream, AGGREGATED, { peer: 'bare-agg' });
  }
  if (clock.length > 0) await clocked(endpoint);
} finally {
  server.disconnect();
}

/** Ours with one lane and with eight beside the SDK's loop, round by round in turn. */
async function throughput(
  endpoint: string,
  stream: string,
  records: number,
  other: { readonly floor?: string; readonly peer?: string },
): Promise<void> {
  const ways = ['1', '8', ...Object.values(other)];
  const readers = new Map(
    ways.map((way) => [way, start('reader.ts', endpoint, stream, way, String(records))]),
  );
  const figures = new Map<string, Round[]>(ways.map((way) => [way, []]));
  await Promise.all([...readers.values()].map((reader) => message(reader)));
  for (let round = 0; round <= rounds; round++) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const reader = readers.get(way);
      if (reader === undefined) continue;
      reader.send('go');
      const result = await message<Round>(reader);
      if (round > 0) figures.get(way)?.push(result);
    }
    progress(`consumer ${stream}: ${round === 0 ? 'warm' : `round ${round} of ${rounds}`}`);
  }
  for (const reader of readers.values()) reader.disconnect();
  const of = (way: string, pick: (round: Round) => number): number =>
    Math.round(median((figures.get(way) ?? []).map(pick)) * 100) / 100;
  for (const lanes of ['1', '8']) {
    const line = (unit: string, better: 'higher' | 'lower', pick: (round: Round) => number): void =>
      report({
        bench: 'consumer',
        case: `${stream}-shards-${lanes}-lanes`,
        unit,
        better,
        ours: of(lanes, pick),
        ...(other.peer !== undefined && {
          peers: { 'SDK loop with aws-kinesis-agg@4.2.8': of(other.peer, pick) },
        }),
        ...(other.floor !== undefined && { floor: of(other.floor, pick) }),
      });
    line('user records/s', 'higher', ({ seconds }) => records / seconds);
    line('CPU µs/record', 'lower', ({ cpuMicros }) => cpuMicros);
    line('peak RSS MiB', 'lower', ({ rssMiB }) => rssMiB);
  }
}

/** What is measured by the clock: latency, CPU of shards that have nothing to tell, the pause of a deploy. */
async function clocked(endpoint: string): Promise<void> {
  const child = start('clock.ts', endpoint);
  child.on('message', (figure: Clocked) => {
    progress(`consumer ${figure.case}`);
    report({ bench: 'consumer', better: 'lower', ...figure });
  });
  await once(child, 'exit');
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
