import { createRequire } from 'node:module';

import {
  BatchProcessor,
  BatchProcessorSync,
  EventType,
  processPartialResponse,
  processPartialResponseSync,
} from '@aws-lambda-powertools/batch';
import { createAggregator } from '@millrace/kinesis/codec';
import { createHandler, type HandlerOptions, type KinesisEvent } from '@millrace/kinesis/lambda';
import { defineStream } from '@millrace/kinesis/stream';
import { kinesisEvent } from '@millrace/kinesis/testing';
import type {
  Context,
  KinesisStreamBatchResponse,
  KinesisStreamEvent,
  KinesisStreamRecord,
} from 'aws-lambda';

/** Takes an event whole; answers what Lambda is answered. */
export type Run = (event: KinesisEvent) => Promise<KinesisStreamBatchResponse>;

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly total: number;
}

/** What the handlers do with an order: as good as nothing, so that the rest is measured. */
export const ledger: { orders: number; total: number } = { orders: 0, total: 0 };

function bill({ total }: Order): void {
  ledger.orders++;
  ledger.total += total;
}

export const lambda: Context = {
  awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
  callbackWaitsForEmptyEventLoop: true,
  functionName: 'billing',
  functionVersion: '$LATEST',
  invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:billing',
  memoryLimitInMB: '1769',
  logGroupName: '/aws/lambda/billing',
  logStreamName: '2026/01/01/[$LATEST]a',
  // As Lambda's own runtime has it: a clock is read each time.
  getRemainingTimeInMillis: () => deadline - Date.now(),
  done: () => {},
  fail: () => {},
  succeed: () => {},
};
const deadline = Date.now() + 3_600_000;

const orders = defineStream<Order>({ name: 'orders', key: ({ customer }) => customer });

export function ours(options: HandlerOptions, waits: boolean): Run {
  const handler = waits
    ? createHandler(orders, async ({ value }) => bill(value), options)
    : createHandler(orders, ({ value }) => bill(value), options);
  return (event) => handler(event, lambda);
}

async function billLater(order: Order): Promise<void> {
  bill(order);
}

/** What is written by hand: in order, stopping at the first failure. Nothing less answers a mapping correctly. */
export function bareLoop(waits: boolean): Run {
  return async ({ Records }) => {
    for (const { kinesis } of Records) {
      try {
        const order = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')) as Order;
        if (waits) await billLater(order);
        else bill(order);
      } catch {
        return { batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }] };
      }
    }
    return { batchItemFailures: [] };
  };
}

/** What is written by hand for keys side by side: a chain of promises for each, which ends at its first failure. */
export const loopByKey: Run = async ({ Records }) => {
  const chains = new Map<string, Promise<void>>();
  const failed: string[] = [];
  for (const { kinesis } of Records) {
    const handleAfter = async (before: Promise<void> | undefined): Promise<void> => {
      await before;
      const order = JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')) as Order;
      await billLater(order);
    };
    const after = handleAfter(chains.get(kinesis.partitionKey));
    after.catch(() => failed.push(kinesis.sequenceNumber));
    chains.set(kinesis.partitionKey, after);
  }
  await Promise.allSettled(chains.values());
  const [lowest] = failed.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return { batchItemFailures: lowest === undefined ? [] : [{ itemIdentifier: lowest }] };
};

function billRecord({ kinesis }: KinesisStreamRecord): void {
  bill(JSON.parse(Buffer.from(kinesis.data, 'base64').toString('utf8')) as Order);
}

async function billRecordLater(record: KinesisStreamRecord): Promise<void> {
  billRecord(record);
}

/** As its documentation has it; nothing in it decodes, so the record handler does. */
export function powertools(mode: 'sync' | 'in order' | 'parallel'): Run {
  if (mode === 'sync') {
    const processor = new BatchProcessorSync(EventType.KinesisDataStreams);
    return async (event) =>
      processPartialResponseSync(event as KinesisStreamEvent, billRecord, processor, { context: lambda });
  }
  const processor = new BatchProcessor(EventType.KinesisDataStreams);
  const options = { context: lambda, processInParallel: mode === 'parallel' };
  return async (event) =>
    processPartialResponse(event as KinesisStreamEvent, billRecordLater, processor, options);
}

const { deaggregateSync } = createRequire(import.meta.url)('aws-kinesis-agg') as {
  readonly deaggregateSync: (
    record: KinesisStreamRecord['kinesis'],
    checkDigest: boolean,
    after: (error: Error | undefined, records: readonly { readonly data: string }[]) => void,
  ) => void;
};

/** The loop by hand, with AWS's own de-aggregation. */
export const bareLoopOfAggregates: Run = async ({ Records }) => {
  for (const { kinesis } of Records) {
    try {
      deaggregateSync(kinesis as KinesisStreamRecord['kinesis'], true, (error, records) => {
        if (error) throw error;
        for (const { data } of records)
          bill(JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as Order);
      });
    } catch {
      return { batchItemFailures: [{ itemIdentifier: kinesis.sequenceNumber }] };
    }
  }
  return { batchItemFailures: [] };
};

/** An order of about 200 bytes, of one of 200 customers. */
function orderOf(index: number): Order & Record<string, unknown> {
  return {
    id: `order-${String(index).padStart(8, '0')}`,
    customer: `customer-${String((index * 7919) % 200).padStart(4, '0')}`,
    total: (index % 10_000) / 100,
    currency: 'EUR',
    placedAt: '2026-01-01T12:00:00.000Z',
    items: [
      { sku: 'A-1001', quantity: 2 },
      { sku: 'B-2002', quantity: 1 },
    ],
  };
}

export function plainEvent(records: number): KinesisEvent {
  const event = kinesisEvent(
    Array.from({ length: records }, (_, index) => {
      const order = orderOf(index);
      return { partitionKey: order.customer, data: JSON.stringify(order) };
    }),
  );
  // Lambda parses it: texts are of one piece then.
  return JSON.parse(JSON.stringify(event)) as KinesisEvent;
}

/** Stored records that hold 100 orders each. */
export function aggregatedEvent(records: number): KinesisEvent {
  const aggregator = createAggregator();
  return kinesisEvent(
    Array.from({ length: records / 100 }, (_, batch) => {
      for (let index = batch * 100; index < (batch + 1) * 100; index++) {
        const order = orderOf(index);
        aggregator.add({ partitionKey: order.customer, data: Buffer.from(JSON.stringify(order)) });
      }
      return { partitionKey: 'a', data: aggregator.finish().data };
    }),
  );
}
