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
export class RecordCursor {
  /** Of all records: those of one event are of one shard. */
  readonly stream: string;
  readonly shardId: string;
  readonly #records: readonly KinesisEventRecord[];
  readonly #make: MakeRecord<Draft>;
  #index: number;
  /** That whose user records are being made. */
  #stored!: Stored;
  /** Those of the aggregate it is in. */
  #drafts: readonly Draft[] = none;
  /** How many of them were given. */
  #sub = 0;

  /** Begins at the record with index `from`. Throws `OPTION_INVALID` for what is not an event of Kinesis. */
  constructor(event: KinesisEvent, from = 0) {
    const records: unknown = event?.Records;
    if (!Array.isArray(records)) throw notAnEvent(event);
    this.#records = records;
    this.#index = from;
    const [first] = this.#records;
    if (first !== undefined) checked(first);
    const { eventSourceARN, eventID } = first ?? { eventSourceARN: '', eventID: '' };
    const stream = streamOfArn(eventSourceARN);
    const shardId = eventID.slice(0, Math.max(0, eventID.indexOf(':')));
    this.stream = stream;
    this.shardId = shardId;
    this.#make = (partitionKey, explicitHashKey, bytes, headers, subSequenceNumber) => {
      const draft = {
        stream,
        shardId,
        sequenceNumber: this.#stored.sequenceNumber,
        subSequenceNumber,
        partitionKey,
        headers,
        arrivedAt: new Date(Math.round(this.#stored.approximateArrivalTimestamp * 1000)),
        value: undefined,
        bytes,
      };
      return explicitHashKey === undefined ? draft : { ...draft, explicitHashKey };
    };
  }

  next(): Draft | undefined {
    if (this.#sub < this.#drafts.length) return this.#drafts[this.#sub++];
    const record = this.#records[this.#index];
    if (record === undefined) return undefined;
    this.#index++;
    this.#sub = 0;
    const stored = checked(record);
    this.#stored = stored;
    const bytes = Buffer.from(stored.data, 'base64');
    const drafts = readAggregate(bytes, this.#make);
    this.#drafts = drafts ?? none;
    return drafts === undefined
      ? this.#make(stored.partitionKey, undefined, bytes, noHeaders, 0)
      : this.next();
  }

  /** Whether what it gave last, `other`, over the same event, has given as well. */
  isWithin(other: RecordCursor): boolean {
    return this.#index < other.#index || (this.#index === other.#index && this.#sub <= other.#sub);
  }

  /** The sequence numbers of what is not walked yet, whole or in part. */
  rest(): readonly SequenceNumber[] {
    const half = this.#sub < this.#drafts.length ? 1 : 0;
    return this.#records.slice(this.#index - half).map((record) => checked(record).sequenceNumber);
  }
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
