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
  readonly #records: readonly Stored[];
  #index: number;
  /** Those of the aggregate it is in. */
  #drafts: readonly Draft[] = none;
  /** How many of them were given. */
  #sub = 0;

  /** Begins at the record with index `from`. Throws `OPTION_INVALID` for what is not an event of Kinesis. */
  constructor(event: KinesisEvent, from = 0) {
    this.#records = storedIn(event);
    this.#index = from;
    const { eventSourceARN, eventID } = this.#records[0] ?? { eventSourceARN: '', eventID: '' };
    this.stream = streamOfArn(eventSourceARN);
    this.shardId = eventID.slice(0, Math.max(0, eventID.indexOf(':')));
  }

  next(): Draft | undefined {
    const draft = this.#drafts[this.#sub];
    if (draft !== undefined) {
      this.#sub++;
      return draft;
    }
    const stored = this.#records[this.#index];
    if (stored === undefined) return undefined;
    this.#index++;
    this.#sub = 0;
    const { data, partitionKey, sequenceNumber, approximateArrivalTimestamp } = stored.kinesis;
    const { stream, shardId } = this;
    const make: MakeRecord<Draft> = (key, explicitHashKey, bytes, headers, subSequenceNumber) => {
      const arrivedAt = new Date(Math.round(approximateArrivalTimestamp * 1000));
      const one = {
        stream,
        shardId,
        sequenceNumber,
        subSequenceNumber,
        partitionKey: key,
        headers,
        arrivedAt,
        value: undefined,
        bytes,
      };
      return explicitHashKey === undefined ? one : { ...one, explicitHashKey };
    };
    const bytes = Buffer.from(data, 'base64');
    this.#drafts = readAggregate(bytes, make) ?? none;
    return this.#drafts.length === 0 ? make(partitionKey, undefined, bytes, noHeaders, 0) : this.next();
  }

  /** Whether what it gave last, `other`, over the same event, has given as well. */
  isWithin(other: RecordCursor): boolean {
    return this.#index < other.#index || (this.#index === other.#index && this.#sub <= other.#sub);
  }

  /** The sequence numbers of what is not walked yet, whole or in part. */
  rest(): readonly SequenceNumber[] {
    const half = this.#sub < this.#drafts.length ? 1 : 0;
    return this.#records.slice(this.#index - half).map(({ kinesis }) => kinesis.sequenceNumber);
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

/** A record as it is known to be once it was looked at. */
interface Stored extends KinesisEventRecord {
  readonly kinesis: KinesisEventRecord['kinesis'] & { readonly sequenceNumber: SequenceNumber };
}

/** A wrong trigger sends an event of another shape. The digits of a number are not looked at: the service wrote them. */
function storedIn(event: KinesisEvent): readonly Stored[] {
  const records: unknown = event?.Records;
  if (Array.isArray(records) && records.every(isStored)) return records;
  throw optionError('event', event, 'an event of a Kinesis event source mapping');
}

function isStored(record: Partial<KinesisEventRecord>): record is Stored {
  return typeof record.kinesis?.data === 'string' && record.kinesis.sequenceNumber !== '';
}
