import { isMillraceError } from '@millrace/kinesis';
import { expect, test } from 'vitest';

import { listen, setup, stepsOf } from './setup.ts';

/** How many calls were refused for their rate. */
function throttles(messages: readonly unknown[]): number {
  return messages.filter((message) => isMillraceError((message as { error?: unknown }).error, 'THROTTLED'))
    .length;
}

test.each([2, 5])(
  '%i groups that share the five calls a second of a shard are refused none, and each has every record',
  async (readers) => {
    await using world = await setup({ streams: { steps: { shards: 2 } }, enforceLimits: true });
    const { clock, join, put, through } = world;
    const seen = Array.from({ length: readers }, (): number[] => []);
    const groups = seen.map((mine, index) => {
      const consumer = join({ group: `group-${index}`, readers, pollInterval: '100ms' });
      return { consumer, running: consumer.run({ eachRecord: ({ value }) => mine.push(value.n) }) };
    });
    using refused = listen('source:retry');
    for (let round = 0; round < 20; round++) {
      await put(stepsOf(5, 5, round * 5));
      await clock.advance(1000);
    }
    await clock.advance(5000);
    expect(throttles(refused.messages)).toBe(0);
    for (const mine of seen) expect(mine.toSorted((a, b) => a - b)).toEqual(stepsOf(100).map(({ n }) => n));
    await through(Promise.all(groups.map(({ consumer }) => consumer.close())));
    await Promise.all(groups.map(({ running }) => running));
  },
);

test('thirty MiB of a shard are read at two MiB a second: a full answer and the block behind it cost one refusal, and no record', async () => {
  await using world = await setup({ streams: { steps: { shards: 1 } }, enforceLimits: true });
  const { clock, kinesis, join, through } = world;
  const big = 900_000;
  const count = 35;
  for (let n = 0; n < count; n++) {
    const data = new TextEncoder().encode(JSON.stringify({ key: 'k', n, filling: 'x'.repeat(big) }));
    await kinesis.connection.writer.write('steps', [{ partitionKey: 'k', data }], {});
    await clock.advance(1000);
  }
  using refused = listen('source:retry');
  const seen: number[] = [];
  const began = clock.monotonic();
  let ended = 0;
  let refusals = 0;
  const consumer = join();
  const running = consumer.run({
    eachRecord: ({ value }) => {
      seen.push(value.n);
      ended = clock.monotonic();
      refusals = throttles(refused.messages);
    },
  });
  await clock.advance(60_000);
  expect(seen).toEqual(Array.from({ length: count }, (_, n) => n));
  expect(refusals).toBe(1);
  // Of the last answer nothing is owed before the next call.
  expect(ended - began).toBeLessThan((count * big) / 2_097.152 + 3000);
  await through(consumer.close());
  await running;
});
