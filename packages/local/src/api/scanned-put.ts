import { limits } from '../engine/limits.ts';
import type { RecordText } from '../engine/record-text.ts';
import type { PutEntry } from '../engine/stream-writer.ts';

/** An entry found in the bytes of a request, known to be in order. It is the engine's entry as it stands. */
export class ScannedEntry implements PutEntry, RecordText {
  readonly partitionKey: string;
  readonly bytes: number;
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;

  constructor(source: Uint8Array, start: number, end: number, partitionKey: string, bytes: number) {
    this.partitionKey = partitionKey;
    this.bytes = bytes;
    this.source = source;
    this.start = start;
    this.end = end;
  }

  get payload(): RecordText {
    return this;
  }

  /** As whoever looks at requests calls it. */
  get PartitionKey(): string {
    return this.partitionKey;
  }
}

/** A PutRecords that was not parsed but scanned, since it is of the usual form and nothing in it breaks a constraint. */
export class ScannedPut {
  readonly StreamName: string;
  readonly Records: readonly ScannedEntry[];
  readonly #total: number;
  readonly #decode: () => unknown;

  constructor(streamName: string, records: readonly ScannedEntry[], total: number, decode: () => unknown) {
    this.StreamName = streamName;
    this.Records = records;
    this.#total = total;
    this.#decode = decode;
  }

  /** Whether a stream that takes records of so many bytes takes all of it. */
  fits(maxRecordBytes: number): boolean {
    if (this.#total > limits.bytesPerPut) return false;
    for (const { bytes } of this.Records) if (bytes > maxRecordBytes) return false;
    return true;
  }

  /** The request parsed, for the checks that know how to word what is wrong. */
  decode(): unknown {
    return this.#decode();
  }
}
