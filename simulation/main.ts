// npm run simulate: explores seeds, replays one, or checks that broken code is noticed. One line of JSON on stdout at the end.
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { parseArgs } from 'node:util';

import { exploreInPool } from './explore/pool.ts';
import { replay } from './explore/replay.ts';
import { Tally } from './explore/tally.ts';
import { checkMutations, type Catch } from './mutation/check-mutations.ts';

const usage = `npm run simulate -- [--seeds N] [--first S]   explores N seeds (default 1000) from S (default 1) on
                    --seed S                    replays one seed, with its faults and what happened
                    --mutations                 breaks the code in known ways and says which seed notices
                      [--only TEXT]…            only those whose names hold one of the texts
                      [--anew]                  explores from seed 1 on for each
                    --json                      says nothing but the line of JSON at the end
`;

/** Lines of a trace that are shown. */
const traceLines = 60;
const tracesShown = 3;
const seedsNamed = 40;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mutations: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    anew: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => {
  if (!values.json) process.stderr.write(text);
};

if (values.help) process.stdout.write(usage);
else if (values.mutations) await mutate();
else if (values.seed !== undefined) await replayOne(whole('seed', values.seed));
else await exploreMany(whole('first', values.first), whole('seeds', values.seeds));

async function exploreMany(first: number, count: number): Promise<void> {
  const tally = new Tally(performance.now());
  await exploreInPool({
    first,
    count,
    done: (summaries) => {
      for (const summary of summaries) tally.add(summary);
      progress(tally, count);
      return true;
    },
  });
  if (process.stderr.isTTY) say('\n');
  const failed = tally.violations.toSorted((a, b) => a.seed - b.seed);
  for (const { seed } of failed.slice(0, tracesShown)) await tell(seed);
  for (const { seed, violation } of failed.slice(tracesShown, seedsNamed)) {
    say(`Seed ${seed}: ${violation?.invariant}: ${violation?.message}\n`);
  }
  finish(tally.figures(performance.now()), tally.violations.length > 0);
}

function progress(tally: Tally, count: number): void {
  if (!process.stderr.isTTY) return;
  const { seeds, violations, seedsPerSecond } = tally.figures(performance.now());
  say(`\r${seeds} of ${count} seeds, ${violations} violations, ${seedsPerSecond} seeds/s `);
}

async function tell(seed: number): Promise<void> {
  await show(seed);
  say(`Replay it with: npm run simulate -- --seed ${seed}\n\n`);
}

async function replayOne(seed: number): Promise<void> {
  const { outcome, exact } = await show(seed);
  const { violation, hash, steps, faults, records, virtualMs } = outcome;
  finish(
    { seed, violation, exact, hash, steps, records, virtualMs, faults },
    violation !== undefined || !exact,
  );
}

async function show(seed: number): Promise<Awaited<ReturnType<typeof replay>>> {
  const shown = await replay(seed);
  const { outcome, exact, faults } = shown;
  for (const line of outcome.trace.lines(traceLines, outcome.violation?.subjects)) say(`${line}\n`);
  for (const fault of faults) say(`  ${JSON.stringify(fault)}\n`);
  const verdict = outcome.violation;
  if (!exact) say(`Seed ${seed} does not run the same way twice.\n`);
  say(
    verdict === undefined
      ? `Seed ${seed}: nothing broken.\n`
      : `Seed ${seed}: ${verdict.invariant}: ${verdict.message} (at ${Math.round(verdict.at)} ms)\n`,
  );
  return shown;
}

async function mutate(): Promise<void> {
  say('| mutation | noticed by seed | promise broken |\n| --- | ---: | --- |\n');
  const told = ({ mutation, seed, invariant }: Catch): void =>
    say(`| ${mutation.name} | ${seed ?? 'never'} | ${invariant ?? ''} |\n`);
  const { only, anew } = values;
  const caught = await checkMutations({ told, anew, ...(only !== undefined && { only }) });
  const missed = caught.filter(({ seed }) => seed === undefined).map(({ mutation }) => mutation.name);
  finish({ mutations: caught.length, caught: caught.length - missed.length, missed }, missed.length > 0);
}

function finish(result: object, failed: boolean): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  process.exitCode = failed ? 1 : 0;
}

function whole(name: string, text: string): number {
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  process.stderr.write(`--${name} ${text}: a whole number is allowed.\n${usage}`);
  return process.exit(2);
}
