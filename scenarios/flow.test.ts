import { expect, test } from 'vitest';

import { runFlow, type Delivery, type Step } from './run-flow.ts';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

test.each(seeds)(
  'nothing is lost and every key stays in order through reshards and a kill (seed %i)',
  async (seed) => {
    const { sent, delivered, shards } = await runFlow(seed);
    expect(sent).toHaveLength(600);
    expect(shards.all).toBeGreaterThan(4);

    expect(new Set(delivered.map(id))).toEqual(new Set(sent.map(id)));
    for (const [key, numbers] of firstDeliveries(delivered)) {
      expect({ key, numbers }).toEqual({ key, numbers: numbers.map((_, index) => index) });
    }
  },
);

test('the same seed runs the same way', async () => {
  const first = await runFlow(7);
  const second = await runFlow(7);
  expect(second.delivered).toEqual(first.delivered);
});

function id({ key, n }: Step): string {
  return `${key}/${n}`;
}

/** The numbers of each key in the order they were first delivered. */
function firstDeliveries(delivered: readonly Delivery[]): ReadonlyMap<string, readonly number[]> {
  const byKey = new Map<string, number[]>();
  for (const { key, n } of delivered) {
    const numbers = byKey.get(key) ?? [];
    if (!numbers.includes(n)) numbers.push(n);
    byKey.set(key, numbers);
  }
  return byKey;
}
