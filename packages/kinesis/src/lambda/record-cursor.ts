import { decodeAggregate, looksAggregated } from '../codec/decode-aggregate.ts';
import { noHeaders } from '../codec/headers.ts';
import type { AggregatedEntry } from '../codec/aggregate.ts';
import { MillraceError } from '../errors.ts';
import type { RawStreamRecord } from '../process/raw-record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';
import type { KinesisEvent, KinesisEventRecord } from './event.ts';

/**
 * Walks the user records of an event in order: base64 is decoded and aggregates are opened as it comes to them, so that what
 * a stopped invocation does not reach costs nothing.
 */
export class RecordCursor {
  readonly #records: readonly KinesisEventRecord[];
  readonly #place: Place = { arn: '', stream: '', shard: '', shardId: '' };
  #index: number;
  #stored: KinesisEventRecord | undefined;
  #entries: readonly AggregatedEntry[] | undefined;
  #sub = 0;

  /** Begins at the record with index `from`. Throws `VALUE_INVALID` for what is not an event of Kinesis. */
  constructor(event: KinesisEvent, from = 0) {
    this.#records = recordsOf(event);
    this.#index = from;
  }

  /** The stream and shard of the first record, and so of all. */
  get place(): { readonly stream: string; readonly shardId: string } {
    const [first] = this.#records;
    return first === undefined ? this.#place : this.#placeOf(first);
  }

  next(): RawStreamRecord | undefined {
    if (this.#entries !== undefined) {
      const entry = this.#entries[this.#sub];
      if (entry !== undefined && this.#stored !== undefined) {
        return this.#record(this.#stored, entry, entry.data, this.#sub++);
      }
      this.#entries = undefined;
    }
    const stored = this.#records[this.#index];
    if (stored === undefined) return undefined;
    this.#index++;
    this.#sub = 0;
    const bytes = Buffer.from(stored.kinesis.data, 'base64');
    if (looksAggregated(bytes)) {
      this.#entries = decodeAggregate(bytes);
      if (this.#entries !== undefined) {
        this.#stored = stored;
        return this.next();
      }
    }
    return this.#record(stored, { partitionKey: stored.kinesis.partitionKey, headers: noHeaders }, bytes, 0);
  }

  /** Whether what it gave last, `other`, over the same event, has given as well. */
  isWithin(other: RecordCursor): boolean {
    return this.#index < other.#index || (this.#index === other.#index && this.#sub <= other.#sub);
  }

  /** The sequence numbers of what is not walked yet, whole or in part. */
  *rest(): Generator<SequenceNumber, void, undefined> {
    const half = this.#entries !== undefined && this.#sub < this.#entries.length ? 1 : 0;
    for (let index = this.#index - half; index < this.#records.length; index++) {
      const stored = this.#records[index];
      if (stored !== undefined) yield sequenceNumberOf(stored);
    }
  }

  #record(
    stored: KinesisEventRecord,
    entry: Pick<AggregatedEntry, 'partitionKey' | 'explicitHashKey' | 'headers'>,
    bytes: Uint8Array,
    subSequenceNumber: number,
  ): RawStreamRecord {
    const { kinesis } = stored;
    const { stream, shardId } = this.#placeOf(stored);
    const record = {
      stream,
      shardId,
      sequenceNumber: sequenceNumberOf(stored),
      subSequenceNumber,
      partitionKey: entry.partitionKey,
      headers: entry.headers,
      arrivedAt: new Date(Math.round(kinesis.approximateArrivalTimestamp * 1000)),
      bytes,
    };
    const { explicitHashKey } = entry;
    return explicitHashKey === undefined ? record : { ...record, explicitHashKey };
  }

  /** All records of an event are of one shard, so the texts are taken apart once. */
  #placeOf({ eventID, eventSourceARN }: KinesisEventRecord): Place {
    const place = this.#place;
    if (place.arn !== eventSourceARN) {
      place.arn = eventSourceARN;
      place.stream = streamOfArn(eventSourceARN);
    }
    if (place.shard === '' || !eventID.startsWith(place.shard)) {
      place.shard = eventID.slice(0, eventID.indexOf(':') + 1);
      place.shardId = place.shard.slice(0, -1);
    }
    return place;
  }
}

interface Place {
  arn: string;
  stream: string;
  /** With its colon. */
  shard: string;
  shardId: string;
}

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

/** The service wrote it: to look at every digit again would cost more than the rest of the record. */
function sequenceNumberOf({ kinesis: { sequenceNumber } }: KinesisEventRecord): SequenceNumber {
  if (isNumbered(sequenceNumber)) return sequenceNumber;
  throw notKinesis();
}

function isNumbered(sequenceNumber: string): sequenceNumber is SequenceNumber {
  return sequenceNumber !== '';
}

function recordsOf(event: KinesisEvent): readonly KinesisEventRecord[] {
  // It comes from outside: a wrong trigger sends an event of another shape.
  const records: unknown = event?.Records;
  if (Array.isArray(records) && records.every((record) => typeof record?.kinesis?.data === 'string')) {
    return event.Records;
  }
  throw notKinesis();
}

function notKinesis(): MillraceError {
  return new MillraceError('VALUE_INVALID', 'The event is not one of a Kinesis event source mapping.', {
    advice: 'Point a mapping of a Kinesis stream at this function, and no other trigger.',
    path: 'event.Records',
    allowed: 'records with kinesis.data',
  });
}
