/**
 * Claim: ours puts more records a second than the Java KPL 1.0.7, for less CPU. Both aggregate across keys and put the
 * same records into the same server over TLS, which the KPL insists on; the KPL's own limit a shard is lifted, and it is
 * asked to wait while 20,000 records are outstanding, as its documentation shows. Both CPU figures are of all processes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { median, progress, report } from '../harness.ts';
import { startBenchServer, startContestant, type BenchServer } from '../producer/fleet.ts';
import type { Round } from '../producer/load.ts';
import { mavenProject } from '../../interop/maven.ts';

const ROUNDS = 5;
const peer = 'KPL@1.0.7';
const project = mavenProject('kpl');

interface Figures {
  readonly perSecond: number;
  readonly cpuMicros: number;
}

interface Runner extends AsyncDisposable {
  run(round: Round): Promise<Figures>;
}

const lack = project.build();
if (lack === undefined) await compare();
else {
  progress(`skip kpl: ${lack}. Nothing ran, so nothing is shown.`);
  process.exitCode = 1;
}

async function compare(): Promise<void> {
  await using server = await startBenchServer();
  await using ours = startContestant('aggregated by shard', server, 'tls');
  await using kpl = startKpl(server);
  for (const [size, bytes, records] of [
    ['100B', 100, 200_000],
    ['1KiB', 1024, 40_000],
  ] as const) {
    const figures: Record<'ours' | 'kpl', Figures[]> = { ours: [], kpl: [] };
    for (let round = 0; round <= ROUNDS; round++) {
      const found = { ours: await ours.run({ bytes, records }), kpl: await kpl.run({ bytes, records }) };
      // The first round only warms up.
      if (round > 0) for (const who of ['ours', 'kpl'] as const) figures[who].push(found[who]);
      progress(round === 0 ? `kpl ${size}: warm` : `kpl ${size}: round ${round} of ${ROUNDS}`);
    }
    const line = (unit: string, better: 'higher' | 'lower', pick: (figure: Figures) => number): void =>
      report({
        bench: 'kpl',
        case: `aggregated-by-shard-${size}-tls`,
        unit,
        better,
        ours: rounded(median(figures.ours.map(pick))),
        peers: { [peer]: rounded(median(figures.kpl.map(pick))) },
      });
    line('user records/s', 'higher', ({ perSecond }) => perSecond);
    line('CPU µs/record', 'lower', ({ cpuMicros }) => cpuMicros);
  }
}

/** The library in a JVM that stays warm between rounds; its native half is a process of its own. */
function startKpl(server: BenchServer): Runner {
  const { hostname, port } = new URL(server.tls);
  const child = spawn('java', project.command('kpl.Bench', [hostname, port, 'bench']), {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async run({ records, bytes }) {
      child.stdin.write(`${records} ${bytes}\n`);
      const [line] = (await once(lines, 'line')) as [string];
      const [seconds = Number.NaN, cpuMicros = Number.NaN] = line.split(' ').map(Number);
      return { perSecond: records / seconds, cpuMicros: cpuMicros / records };
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
