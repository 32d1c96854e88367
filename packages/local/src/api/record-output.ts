import { keyAt } from '../engine/encryption.ts';
import type { Engine } from '../engine/engine.ts';
import type { SequenceCursor } from '../engine/sequence-number.ts';
import type { LogRecord, Payload } from '../engine/shard-log.ts';
import type { Stream } from '../engine/stream.ts';

export interface RecordOutput {
  readonly SequenceNumber: string;
  readonly ApproximateArrivalTimestamp: number;
  readonly Data: Payload;
  /** Absent when the record was put without one, to a stream that distributes its records itself. */
  readonly PartitionKey?: string;
  /** Absent when the record is not encrypted. */
  readonly EncryptionType?: 'KMS';
}

/** A record as it is stored, with the numbers of its shard. */
export interface NumberedRecord {
  readonly record: LogRecord;
  readonly numbers: SequenceCursor;
}

/** Makes a record as answers have it. */
export type ToRecordOutput = (record: LogRecord, numbers: SequenceCursor) => RecordOutput;

/**
 * How records of a stream are answered as of now. What it answers throws an error of the KMS family for a record whose
 * key does not work any more.
 */
export function recordOutputOf(engine: Engine, stream: Stream | undefined): ToRecordOutput {
  const changes = stream?.settings.encryption ?? [];
  if (changes.length === 0) return toRecordOutput;
  return (stored, numbers) => {
    const record = toRecordOutput(stored, numbers);
    const keyId = keyAt(changes, stored.arrivedAt);
    if (keyId === undefined) return record;
    if (engine.kms.marked) engine.kms.check(keyId);
    return { ...record, EncryptionType: 'KMS' };
  };
}

/**
 * Records as they are stored, for a wire that writes their bytes without looking into them; those of a stream that encrypts, or
 * did, as answers have them.
 */
export function storedRecordOf(
  engine: Engine,
  stream: Stream | undefined,
): (record: LogRecord, numbers: SequenceCursor) => NumberedRecord | RecordOutput {
  return stream === undefined || stream.settings.encryption.length === 0
    ? asStored
    : recordOutputOf(engine, stream);
}

function asStored(record: LogRecord, numbers: SequenceCursor): NumberedRecord {
  return { record, numbers };
}

/** Bytes of data and keys, of records as they are stored; an answer that grows as it is written is copied again and again. */
export function storedBytes(records: readonly (NumberedRecord | RecordOutput)[]): number {
  let bytes = 0;
  for (const one of records) if ('record' in one) bytes += one.record.size;
  return bytes;
}

/** Given by answers to puts while the stream encrypts. */
export function putEncryption(stream: Stream, now: number): { readonly EncryptionType?: 'KMS' } {
  return keyAt(stream.settings.encryption, now) === undefined ? notEncrypted : encrypted;
}

const encrypted: { readonly EncryptionType: 'KMS' } = { EncryptionType: 'KMS' };
const notEncrypted: { readonly EncryptionType?: 'KMS' } = {};

function toRecordOutput(record: LogRecord, numbers: SequenceCursor): RecordOutput {
  const { partitionKey, data } = record.content();
  return {
    SequenceNumber: numbers.of(record),
    ApproximateArrivalTimestamp: record.arrivedAt,
    Data: data,
    ...(partitionKey === '' ? {} : { PartitionKey: partitionKey }),
  };
}
