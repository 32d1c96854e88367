import { defineStream, type StreamDefinition } from '@millrace/kinesis';
import { createAggregator } from '@millrace/kinesis/codec';
import type { HandlerLogger, KinesisEvent, LambdaContext } from '@millrace/kinesis/lambda';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';

export interface Order {
  readonly id: string;
}

/** Keyed by what stands before the dash: `ada-1`. */
export const orders: StreamDefinition<Order> = defineStream<Order>({
  name: 'orders',
  key: ({ id }) => id.split('-')[0] ?? id,
});

export function order(id: string): { readonly partitionKey: string; readonly data: string } {
  return { partitionKey: id.split('-')[0] ?? id, data: JSON.stringify({ id }) };
}

/** One stored record that holds these orders in the KPL's format. */
export function aggregate(ids: readonly string[]): {
  readonly partitionKey: string;
  readonly data: Uint8Array;
} {
  const aggregator = createAggregator();
  for (const id of ids) {
    const { partitionKey, data } = order(id);
    aggregator.add({ partitionKey, data: new TextEncoder().encode(data) });
  }
  return { partitionKey: 'a', data: aggregator.finish().data };
}

export function sequenceNumbers(event: KinesisEvent): readonly string[] {
  return event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
}

/** What the mapping sends again: everything from the lowest of the reported on. */
export function retryOf(
  event: KinesisEvent,
  { batchItemFailures }: { readonly batchItemFailures: readonly { readonly itemIdentifier: string }[] },
): KinesisEvent {
  const [lowest] = batchItemFailures
    .map(({ itemIdentifier }) => BigInt(itemIdentifier))
    .toSorted((a, b) => (a < b ? -1 : 1));
  return {
    Records: event.Records.filter(
      ({ kinesis }) => lowest !== undefined && BigInt(kinesis.sequenceNumber) >= lowest,
    ),
  };
}

export interface LogLine {
  readonly message: string;
  readonly details: Record<string, unknown>;
}

export function recordingLogger(): HandlerLogger & { readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  return {
    lines,
    error: (message, details) => lines.push({ message, details }),
  };
}

/** Lambda's context of an invocation that may run for `timeoutMs` from now on. */
export function lambdaContext(
  timeoutMs = 3000,
  clock: ManualClock = createManualClock(),
): LambdaContext & { readonly clock: ManualClock } {
  const end = clock.monotonic() + timeoutMs;
  return {
    awsRequestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
    getRemainingTimeInMillis: () => end - clock.monotonic(),
    clock,
  };
}
