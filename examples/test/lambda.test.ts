import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { createManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis, type LambdaHandler } from '@millrace/local';
import { createProducer } from '@millrace/kinesis';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { handler as batch } from '../src/lambda/batch.ts';
import { handler as byKey } from '../src/lambda/by-key.ts';
import { handler as ordered } from '../src/lambda/ordered.ts';
import { orders } from '../src/lambda/orders.ts';
import { handler as parallel } from '../src/lambda/parallel.ts';
import { handler as window } from '../src/lambda/window.ts';

const lines: string[] = [];
beforeEach(() => {
  lines.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
});
afterEach(() => void vi.restoreAllMocks());

/** Runs a handler behind a local event source mapping, with two orders in the stream. */
async function run(handler: LambdaHandler, settings: object, enough: number): Promise<void> {
  const clock = createManualClock();
  await using kinesis = await createLocalKinesis({ clock, streams: { orders: {} } });
  const producer = createProducer(orders, kinesis.connection, { clock });
  const puts = Promise.all([
    producer.put({ id: '1', customer: 'ada', total: 12.5 }),
    producer.put({ id: '2', customer: 'bob', total: 7.5 }),
  ]);
  await clock.advance(1000);
  await puts;
  const mapping = await kinesis.mapping('orders', handler, {
    FunctionResponseTypes: ['ReportBatchItemFailures'],
    ...settings,
  });
  for (let seconds = 0; seconds < 600 && lines.length < enough; seconds++) await clock.advance(1000);
  const closed = mapping.close();
  await clock.advance(1000);
  await closed;
  const produced = producer.close();
  await clock.advance(1000);
  await produced;
}

test.each([
  ['ordered', ordered],
  ['ordered-by-key', byKey],
  ['parallel', parallel],
])('the example of mode %s runs behind an event source mapping', async (_, handler) => {
  await run(handler, {}, 2);
  expect(lines).toEqual(['ada owes 12.5', 'bob owes 7.5']);
});

test('the example of a batch handler runs behind an event source mapping', async () => {
  await run(batch, {}, 1);
  expect(lines).toEqual(['2 orders, 20 in all']);
});

test('the example of a window handler sums a window up', async () => {
  await run(window, { TumblingWindowInSeconds: 60 }, 1);
  expect(lines).toEqual([expect.stringMatching(/^until .*: 2 orders, 20 in all$/)]);
});

test('the code in docs/lambda.md is the code in the examples, letter by letter', () => {
  const root = join(import.meta.dirname, '..', '..');
  const page = readFileSync(join(root, 'docs', 'lambda.md'), 'utf8');
  const blocks = [...page.matchAll(/<!-- (examples\/\S+) -->\s+```ts\n([\s\S]*?)```/g)];
  expect(blocks).toHaveLength(5);
  for (const [, file = '', code] of blocks) expect(code).toBe(readFileSync(join(root, file), 'utf8'));
});
