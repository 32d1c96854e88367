import {
  createBatchHandler,
  createHandler,
  createWindowHandler,
  type InvocationContext,
} from '@millrace/kinesis/lambda';
import type {
  Context,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamHandler,
  KinesisStreamTumblingWindowHandler,
} from 'aws-lambda';
import { expect, expectTypeOf, test } from 'vitest';

import { orders } from './setup.ts';

// What matters here the type checker says; that it also runs keeps the file honest.
test('handlers are those of @types/aws-lambda, and take its events and context', async () => {
  const each: KinesisStreamHandler = createHandler(orders, () => undefined);
  const batch: KinesisStreamHandler = createBatchHandler(orders, () => undefined);
  const window: KinesisStreamTumblingWindowHandler = createWindowHandler(orders, {
    initial: () => ({ count: 0 }),
    add: ({ count }) => ({ count: count + 1 }),
    close: () => undefined,
  });
  expect([each, batch, window].map((handler) => typeof handler)).toEqual([
    'function',
    'function',
    'function',
  ]);
  const direct = createHandler(orders, () => undefined);
  const event: KinesisStreamEvent = { Records: [] };
  const response: KinesisStreamBatchResponse = await direct(event);
  expect(response.batchItemFailures).toEqual([]);
});

test('a handler may ask for the whole context of @types/aws-lambda', () => {
  const handler: KinesisStreamHandler = createHandler(orders, (_, { lambda }: InvocationContext<Context>) => {
    expectTypeOf(lambda).toEqualTypeOf<Context | undefined>();
  });
  expect(typeof handler).toBe('function');
});

test('the value and the state are typed by what defines them', () => {
  createHandler(orders, ({ value }) => expectTypeOf(value).toEqualTypeOf<{ readonly id: string }>());
  const handler = createWindowHandler(orders, {
    initial: () => ({ total: 0 }),
    add: (state) => state,
    close: (state) => expectTypeOf(state).toEqualTypeOf<{ total: number }>(),
  });
  expectTypeOf<Awaited<ReturnType<typeof handler>>['state']>().toEqualTypeOf<{ total: number }>();
  expect(typeof handler).toBe('function');
});
