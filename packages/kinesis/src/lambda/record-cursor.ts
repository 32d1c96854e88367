import { MAX_AGGREGATE_COUNT } from '../codec/aggregate.ts';
import { readAggregate, type MakeRecord } from '../codec/decode-aggregate.ts';
import { noHeaders } from '../codec/headers.ts';
import type { Draft } from '../process/raw-record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';
import { optionError } from '../runtime/options.ts';
import type { KinesisEvent, KinesisEventRecord } from './event.ts';

/**
 * Walks the user records of an event in order: base64 is decoded and aggregates are opened as it comes to them, so that what
 * a stopped invocation does not reach costs nothing.
 */
export interface RecordCursor {
  /** Of all records: those of one event are of one shard. */
  readonly stream: string;
  readonly shardId: string;
  readonly next: () => Draft | undefined;
  /** How far it has come: the more, the further. */
  readonly place: () => number;
  /** The sequence numbers of what is not walked yet, whole or in part. */
  readonly rest: () => readonly SequenceNumber[];
}

/** Begins at the record with index `from`. Throws `OPTION_INVALID` for what is not an event of Kinesis. */
export function createRecordCursor(event: KinesisEvent, from = 0): RecordCursor {
  const given: unknown = event?.Records;
  if (!Array.isArray(given)) throw notAnEvent(event);
  const records: readonly KinesisEventRecord[] = given;
  const [first] = records;
  const { eventSourceARN, eventID } = first ?? { eventSourceARN: '', eventID: '' };
  if (first !== undefined) checked(first);
  const stream = streamOfArn(eventSourceARN);
  const shardId = eventID.slice(0, Math.max(0, eventID.indexOf(':')));
  let index = from;
  let sequenceNumber: SequenceNumber;
  /** When it arrived. Those of an aggregate did so together, and many others within the same millisecond. */
  let arrivedAt = new Date(0);
  /** Of the aggregate it is in. */
  let drafts = none;
  /** How many of them were given. */
  let sub = 0;

  const make: MakeRecord<Draft> = (partitionKey, explicitHashKey, bytes, headers, subSequenceNumber) => {
    const draft = {
      stream,
      shardId,
      sequenceNumber,
      subSequenceNumber,
      partitionKey,
      headers,
      arrivedAt,
      value: undefined,
      bytes,
    };
    return explicitHashKey === undefined ? draft : { ...draft, explicitHashKey };
  };

  const next = (): Draft | undefined => {
    if (sub < drafts.length) return drafts[sub++];
    const record = records[index];
    if (record === undefined) return undefined;
    index++;
    sub = 0;
    const stored = checked(record);
    const at = Math.round(stored.approximateArrivalTimestamp * 1000);
    if (at !== arrivedAt.getTime()) arrivedAt = new Date(at);
    sequenceNumber = stored.sequenceNumber;
    const bytes = Buffer.from(stored.data, 'base64');
    const opened = readAggregate(bytes, make);
    drafts = opened ?? none;
    return opened === undefined ? make(stored.partitionKey, undefined, bytes, noHeaders, 0) : next();
  };

  return {
    stream,
    shardId,
    next,
    place: () => index * (MAX_AGGREGATE_COUNT + 1) + sub,
    rest: () =>
      records.slice(index - (sub < drafts.length ? 1 : 0)).map((record) => checked(record).sequenceNumber),
  };
}

const none: readonly Draft[] = [];

/**
 * The name in a stream's ARN, or in that of one of its consumers.
 *
 * @example
 * ```ts
 * streamOfArn('arn:aws:kinesis:eu-central-1:123456789012:stream/orders/consumer/billing:1700000000'); // 'orders'
 * ```
 */
export function streamOfArn(arn: string): string {
  return /:stream\/([^/]+)/.exec(arn)?.[1] ?? '';
}

type Stored = KinesisEventRecord['kinesis'] & { readonly sequenceNumber: SequenceNumber };

/** A wrong trigger sends records of another shape. The digits of a number are not looked at: the service wrote them. */
function checked(record: Partial<KinesisEventRecord>): Stored {
  const { kinesis } = record;
  if (isStored(kinesis)) return kinesis;
  throw notAnEvent(record);
}

function isStored(kinesis: Partial<KinesisEventRecord['kinesis']> | undefined): kinesis is Stored {
  return typeof kinesis?.data === 'string' && kinesis.sequenceNumber !== '';
}

function notAnEvent(got: unknown): Error {
  return optionError('event', got, 'an event of a Kinesis event source mapping');
}
