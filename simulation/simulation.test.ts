import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { occurrences } from './mutation/check-mutations.ts';
import { mutations } from './mutation/mutations.ts';
import { planOf } from './plan/plan-of.ts';
import { runPlan } from './run-plan.ts';

const blocks = Array.from({ length: 4 }, (_, index) => 1 + index * 10);

test.each(blocks)('a fleet keeps every promise through ten seeds of faults (from %i on)', async (first) => {
  for (let seed = first; seed < first + 10; seed++) {
    const { violation } = await runPlan(planOf(seed));
    expect({ seed, violation }).toEqual({ seed, violation: undefined });
  }
});

test('a seed runs the same way every time, whether its trace is kept or not', async () => {
  for (const seed of [7, 8, 9]) {
    const [first, again] = [await runPlan(planOf(seed)), await runPlan(planOf(seed), true)];
    expect([again.hash, again.steps]).toEqual([first.hash, first.steps]);
    expect(again.trace.lines(10).length).toBe(10);
  }
});

test('two seeds run differently', async () => {
  expect((await runPlan(planOf(7))).hash).not.toEqual((await runPlan(planOf(8))).hash);
});

test('a run that does not end is told, not waited for', async () => {
  const plan = planOf(7);
  // Nobody ever reads what the only producer puts.
  const deserted = { ...plan, workers: plan.workers.map((worker) => ({ ...worker, startsAt: 1e9 })) };
  const { violation } = await runPlan(deserted);
  expect(violation?.invariant).toBe('the fleet settles');
});

test.each(mutations)('the text that is broken stands in the code once: $name', (mutation) => {
  expect(occurrences(mutation)).toBe(1);
});

/** The cells of the tables in the README beside this, row by row. */
const rows = readFileSync(new URL('README.md', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .map((line) => line.split('|').map((cell) => cell.trim()));

test('the README names every mutation and the promise it breaks, and there is none that no mutation breaks', () => {
  const broken = new Map(
    rows.filter(([, , seed = '']) => /^\d+$/.test(seed)).map(([, name, , promise]) => [name, promise]),
  );
  expect(new Set(broken.keys())).toEqual(new Set(mutations.map(({ name }) => name)));
  const promises = rows.slice(rows.findIndex(([, head]) => head === 'promise'));
  const all = promises
    .slice(
      2,
      promises.findIndex(([, head]) => head === 'mutation'),
    )
    .map(([, name]) => name);
  expect(new Set(broken.values())).toEqual(new Set(all));
});
