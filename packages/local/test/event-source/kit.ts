import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';

import type { KinesisEvent } from '../../src/event-source/event.ts';
import type { MappingEvent } from '../../src/event-source/mapping-event.ts';
import { createLocalKinesis, type LocalKinesisOptions, type MappingOptions } from '../../src/index.ts';

export const start = Date.UTC(2026, 0, 1);
export const account = '000000000000';
export const streamArn = `arn:aws:kinesis:us-east-1:${account}:stream/orders`;
export const queueArn = `arn:aws:sqs:us-east-1:${account}:failures`;
export const reporting: MappingOptions = { FunctionResponseTypes: ['ReportBatchItemFailures'] };
export const toQueue: MappingOptions = { DestinationConfig: { OnFailure: { Destination: queueArn } } };

/** A stream `orders` on a manual clock, and what a test does with it. */
export async function openKit(options: LocalKinesisOptions = {}) {
  const clock = createManualClock({ start });
  const kinesis = await createLocalKinesis({ clock, streams: { orders: {} }, ...options });
  const client = new KinesisClient(kinesis.clientConfig);
  const put = async (data: string, key = data): Promise<string> => {
    const { SequenceNumber = '' } = await client.send(
      new PutRecordCommand({ StreamName: 'orders', PartitionKey: key, Data: Buffer.from(data) }),
    );
    return SequenceNumber;
  };
  return { clock, kinesis, client, put, [Symbol.asyncDispose]: () => kinesis.close() };
}

export type Kit = Awaited<ReturnType<typeof openKit>>;

/** The data of an event's records, as text. */
export function dataOf(event: KinesisEvent): readonly string[] {
  return event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString());
}

/** Maps a handler of data; keeps what it was invoked with and what the mapping told. */
export async function mapOrders(
  { kinesis }: Kit,
  handle: (data: readonly string[], event: KinesisEvent) => unknown,
  options: MappingOptions = {},
) {
  const invocations: (readonly string[])[] = [];
  const events: MappingEvent[] = [];
  const mapping = await kinesis.mapping(
    'orders',
    async (event: KinesisEvent) => {
      const data = dataOf(event);
      invocations.push(data);
      return handle(data, event);
    },
    { ...options, onEvent: (event) => events.push(event) },
  );
  const drops = () => events.filter((event) => event.type === 'drop');
  return { mapping, invocations, events, drops };
}

/** Gathers data in a window's state, as the guide's sample does. */
export function gather(data: readonly string[], event: KinesisEvent): object {
  return { state: { seen: `${(event.state as { seen?: string }).seen ?? ''}${data.join('')}` } };
}

/** Names records by their data in `batchItemFailures`. */
export function fails(event: KinesisEvent, ...data: readonly string[]): object {
  const failed = event.Records.filter((_record, index) => data.includes(dataOf(event)[index] ?? ''));
  return {
    batchItemFailures: failed.map(({ kinesis }) => ({ itemIdentifier: kinesis.sequenceNumber })),
  };
}

/** What the queue got, as JSON. */
export async function documents({ kinesis }: Kit): Promise<readonly Record<string, unknown>[]> {
  const { destinations } = await kinesis.lambda();
  return destinations.messages(queueArn).map(({ body }) => JSON.parse(body) as Record<string, unknown>);
}

export const throwing = (): never => {
  throw new TypeError('no such customer');
};
