import { BasePersistenceLayer, type IdempotencyRecord } from '@aws-lambda-powertools/idempotency/persistence';
import {
  IdempotencyConfig,
  IdempotencyItemAlreadyExistsError,
  makeIdempotent,
} from '@aws-lambda-powertools/idempotency';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import { createHandler, type InvocationContext } from '@millrace/kinesis/lambda';
import { kinesisEvent } from '@millrace/kinesis/testing';
import type { Context, KinesisStreamEvent } from 'aws-lambda';
import { expect, test, vi } from 'vitest';

import { order, orders, retryOf, sequenceNumbers, type Order } from './setup.ts';

const lambda: Context = {
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'billing',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:billing',
  memoryLimitInMB: '128',
  logGroupName: '/aws/lambda/billing',
  logStreamName: '2026/01/01/[$LATEST]a',
  getRemainingTimeInMillis: () => 3000,
  done: () => {},
  fail: () => {},
  succeed: () => {},
};

test('middy wraps a handler: middleware runs around it and its answer comes through', async () => {
  const steps: string[] = [];
  const handler = middy<KinesisStreamEvent>()
    .use({ before: () => void steps.push('before'), after: () => void steps.push('after') })
    .handler(
      createHandler(
        orders,
        ({ value }) => {
          steps.push(value.id);
          if (value.id === 'b-1') throw new Error('no');
        },
        { logger: { error: () => {} } },
      ),
    );
  const event = kinesisEvent(['a-1', 'b-1'].map(order)) as KinesisStreamEvent;
  expect(await handler(event, lambda)).toEqual({
    batchItemFailures: [{ itemIdentifier: sequenceNumbers(event)[1] }],
  });
  expect(steps).toEqual(['before', 'a-1', 'b-1', 'after']);
});

test("Powertools' logger takes what is logged, with the context its middleware injects", async () => {
  const lines: Record<string, unknown>[] = [];
  const write = vi
    .spyOn(console, 'error')
    .mockImplementation((line: string) => void lines.push(JSON.parse(line)));
  vi.stubEnv('POWERTOOLS_DEV', 'true');
  const logger = new Logger({ serviceName: 'billing' });
  const handler = middy<KinesisStreamEvent>()
    .use(injectLambdaContext(logger))
    .handler(createHandler(orders, () => Promise.reject(new Error('card refused')), { logger }));
  await handler(kinesisEvent([order('a-1')]) as KinesisStreamEvent, lambda);
  write.mockRestore();
  vi.unstubAllEnvs();
  expect(lines).toMatchObject([
    {
      level: 'ERROR',
      message: 'Record failed',
      service: 'billing',
      function_request_id: lambda.awsRequestId,
      shardId: 'shardId-000000000000',
      sequenceNumber: '49590338271490256608559692538361571095921575989136588898',
      error: { name: 'Error', message: 'card refused' },
    },
  ]);
});

/** As the DynamoDB layer, but for the table. */
class MemoryLayer extends BasePersistenceLayer {
  readonly records = new Map<string, IdempotencyRecord>();

  protected override async _deleteRecord({ idempotencyKey }: IdempotencyRecord): Promise<void> {
    this.records.delete(idempotencyKey);
  }

  protected override async _getRecord(key: string): Promise<IdempotencyRecord> {
    return this.records.get(key) ?? expect.unreachable();
  }

  protected override async _putRecord(record: IdempotencyRecord): Promise<void> {
    if (this.records.has(record.idempotencyKey)) throw new IdempotencyItemAlreadyExistsError();
    this.records.set(record.idempotencyKey, record);
  }

  protected override async _updateRecord(record: IdempotencyRecord): Promise<void> {
    this.records.set(record.idempotencyKey, record);
  }
}

test("Powertools' idempotency makes a record's work happen once, in however many environments it is delivered", async () => {
  const store = new MemoryLayer();
  const billed: string[] = [];
  let broken = true;
  const environment = (): ReturnType<typeof createHandler<Order, Context>> => {
    const config = new IdempotencyConfig({});
    const bill = makeIdempotent(
      async (value: Order) => {
        if (value.id === 'a-1' && broken) throw new Error('no');
        billed.push(value.id);
        return { billed: true };
      },
      { persistenceStore: store, config },
    );
    return createHandler(
      orders,
      ({ value }, context: InvocationContext<Context>) => {
        if (context.lambda) config.registerLambdaContext(context.lambda);
        return bill(value);
      },
      { mode: 'ordered-by-key', logger: { error: () => {} } },
    );
  };
  const event = kinesisEvent(['a-1', 'b-1', 'c-1'].map(order));
  const response = await environment()(event, lambda);
  expect(response.batchItemFailures).toHaveLength(1);
  broken = false;
  expect(await environment()(retryOf(event, response), lambda)).toEqual({ batchItemFailures: [] });
  expect(billed).toEqual(['b-1', 'c-1', 'a-1']);
});
