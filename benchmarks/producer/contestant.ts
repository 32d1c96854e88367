// One way to put records, in a process of its own: its memory and its CPU are then its own, too.
import process from 'node:process';

import { Load, type Round } from './load.ts';
import { ways } from './ways.ts';

/** What one round came to. */
export interface Figures {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p99: number;
  readonly rssMiB: number;
}

const [name = '', endpoint = ''] = process.argv.slice(2);
const way = ways[name]?.({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
process.on('message', (round: Round) => void run(round).then((figures) => process.send?.(figures)));
process.on('disconnect', () => process.exit(0));

async function run(round: Round): Promise<Figures> {
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const load = new Load(round);
  await way?.(load);
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const waits = load.waits.toSorted((a, b) => a - b);
  return {
    perSecond: round.records / seconds,
    cpuMicros: (user + system) / round.records,
    p99: waits[Math.floor(waits.length * 0.99)] ?? Number.NaN,
    rssMiB: process.resourceUsage().maxRSS / 1024,
  };
}
