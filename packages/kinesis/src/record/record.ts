import type { SequenceNumber } from './sequence-number.ts';

/** A record as a handler receives it: one user record, taken out of its KPL aggregate if it came in one. */
export interface StreamRecord<T = Uint8Array> {
  readonly stream: string;
  readonly shardId: string;
  readonly sequenceNumber: SequenceNumber;
  /** Place inside a KPL aggregate, from 0; 0 for a plain record. */
  readonly subSequenceNumber: number;
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  /** Name and value pairs the producer attached; empty for plain records. */
  readonly headers: Readonly<Record<string, string>>;
  /** When the service accepted it (approximate arrival timestamp). */
  readonly arrivedAt: Date;
  /** The decoded value. */
  readonly value: T;
  /** The bytes as they were put, before decoding. */
  readonly bytes: Uint8Array;
}

/** A record as the service stores it, before any aggregate is opened. */
export interface StoredRecord {
  readonly sequenceNumber: SequenceNumber;
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** Approximate arrival, milliseconds since the epoch. */
  readonly arrivedAt: number;
}

/** A record on its way in: what PutRecords takes for one entry. */
export interface OutgoingRecord {
  /** Empty for none, in a stream that distributes its records itself. */
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
  /** Names and values for the consumer (trace context, content type …). They travel in the KPL's format, as its tags. */
  readonly headers?: Readonly<Record<string, string>>;
}
