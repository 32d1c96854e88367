import type { KinesisEvent } from '../lambda/event.ts';

/** One stored record of an event to be built. */
export interface EventRecord {
  /** Text is written as UTF-8. */
  readonly data: Uint8Array | string;
  /** Default `key`. */
  readonly partitionKey?: string;
  /** Default: one after the other. */
  readonly sequenceNumber?: string;
  /** Default 2026-01-01T00:00:00Z. */
  readonly arrivedAt?: Date;
}

export interface EventOptions {
  /** Default `orders`. */
  readonly stream?: string;
  /** Default `shardId-000000000000`. */
  readonly shardId?: string;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** The stream's ARN, or a consumer's. Default: made of the two above and the account 123456789012. */
  readonly eventSourceArn?: string;
}

const firstSequenceNumber = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

/**
 * An event as Lambda's event source mapping hands it to a function, in every field: to test a handler with. A text alone
 * stands for a record with that value.
 *
 * @example
 * ```ts
 * const response = await handler(kinesisEvent([JSON.stringify(order), { partitionKey: 'ada', data: 'not JSON' }]));
 * expect(response.batchItemFailures).toEqual([]);
 * ```
 */
export function kinesisEvent(
  records: readonly (EventRecord | string)[],
  options: EventOptions = {},
): KinesisEvent {
  const { stream = 'orders', shardId = 'shardId-000000000000', region = 'us-east-1' } = options;
  const eventSourceARN = options.eventSourceArn ?? `arn:aws:kinesis:${region}:123456789012:stream/${stream}`;
  return {
    Records: records.map((given, index) => {
      const record = typeof given === 'string' ? { data: given } : given;
      const sequenceNumber = record.sequenceNumber ?? String(firstSequenceNumber + BigInt(index));
      const arrivedAt = record.arrivedAt?.getTime() ?? Date.UTC(2026, 0, 1);
      return {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: record.partitionKey ?? 'key',
          sequenceNumber,
          data: Buffer.from(record.data).toString('base64'),
          approximateArrivalTimestamp: arrivedAt / 1000,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `${shardId}:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::123456789012:role/function',
        awsRegion: region,
        eventSourceARN,
      };
    }),
  };
}
