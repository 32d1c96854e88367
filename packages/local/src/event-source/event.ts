import type { ShardRecord } from './record.ts';
import { openWindow, toWindowPart, type WindowPart } from './tumbling-window.ts';

/** What is the same in every event of a shard. */
export interface EventContext {
  readonly shardId: string;
  /** What events name as their source. */
  readonly eventSourceArn: string;
  readonly region: string;
  /** The function's execution role. */
  readonly roleArn: string;
}

/** What a function is invoked with: one record as AWS gives it, its members in AWS's order. */
export interface EventRecord {
  readonly kinesis: {
    readonly kinesisSchemaVersion: '1.0';
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since the epoch, with milliseconds as decimals. */
    readonly approximateArrivalTimestamp: number;
    readonly encryptionType?: 'KMS';
  };
  readonly eventSource: 'aws:kinesis';
  readonly eventVersion: '1.0';
  /** `shardId-000000000000:` and the sequence number. */
  readonly eventID: string;
  readonly eventName: 'aws:kinesis:record';
  readonly invokeIdentityArn: string;
  readonly awsRegion: string;
  readonly eventSourceARN: string;
}

export interface KinesisEvent extends Partial<WindowPart> {
  readonly Records: readonly EventRecord[];
}

/**
 * The event of a batch; with tumbling windows `window` adds its members. See
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}.
 */
export function toEvent(
  records: readonly ShardRecord[],
  context: EventContext,
  window?: WindowPart,
): KinesisEvent {
  return { Records: records.map((record) => toEventRecord(record, context)), ...window };
}

export function toEventRecord(record: ShardRecord, context: EventContext): EventRecord {
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      data: record.data,
      approximateArrivalTimestamp: record.arrivedAt / 1000,
      ...(record.encrypted === true ? { encryptionType: 'KMS' as const } : {}),
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${context.shardId}:${record.sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: context.roleArn,
    awsRegion: context.region,
    eventSourceARN: context.eventSourceArn,
  };
}

/** Bytes a record takes in an event's JSON, with the comma after it. */
export function createMeasure(context: EventContext): (record: ShardRecord) => number {
  const empty: ShardRecord = { partitionKey: '', sequenceNumber: '', data: '', arrivedAt: 0 };
  // The comma takes the place of the 0 that stands for the arrival.
  const frame = Buffer.byteLength(JSON.stringify(toEventRecord(empty, context)));
  return (record) =>
    frame +
    record.data.length +
    // Its text stands twice: as itself and in the eventID.
    record.sequenceNumber.length * 2 +
    jsonLength(record.partitionKey) +
    String(record.arrivedAt / 1000).length;
}

/** Bytes that a tumbling window adds to an event, but for its state. */
export function windowBytesOf(context: EventContext): number {
  const part = toWindowPart(openWindow({ sequenceNumber: '', arrivedAt: 0 }, 1000), false, context);
  // Its members without their braces, behind a comma, and without the empty state.
  return Buffer.byteLength(JSON.stringify(part)) - 1 - '{}'.length;
}

/** Bytes of an event but for its records, each with the comma that the last one lacks. */
export const envelopeBytes: number = '{"Records":[]}'.length - 1;

function jsonLength(text: string): number {
  return /^[\w .:/-]*$/.test(text) ? text.length : Buffer.byteLength(JSON.stringify(text)) - 2;
}
