import type { KnownKey } from '../engine/known-key.ts';
import { limits } from '../engine/limits.ts';
import { PLACE, type RecordColumns } from '../engine/record-columns.ts';
import type { RecordText } from '../engine/record-text.ts';
import type { PutEntry } from '../engine/stream-writer.ts';

/** An entry found in the bytes of a request, known to be in order. It is the engine's entry as it stands. */
class ScannedEntry implements PutEntry, RecordText {
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

/**
 * A PutRecords that was not parsed but scanned, since it is of the usual form and nothing in it breaks a constraint.
 * What it says of its records stands in columns: an object for each would cost more than all else there is to do.
 */
export class ScannedPut implements RecordColumns {
  readonly StreamName: string;
  readonly source: Uint8Array;
  readonly keys: readonly KnownKey[];
  readonly places: Uint32Array;
  readonly bytes: number;
  readonly #largest: number;
  readonly #decode: () => unknown;
  #entries: readonly ScannedEntry[] | undefined;

  constructor(
    streamName: string,
    records: RecordColumns & { readonly largest: number },
    decode: () => unknown,
  ) {
    this.StreamName = streamName;
    this.source = records.source;
    this.keys = records.keys;
    this.places = records.places;
    this.bytes = records.bytes;
    this.#largest = records.largest;
    this.#decode = decode;
  }

  /** The same one by one, for whoever looks at each. */
  get Records(): readonly ScannedEntry[] {
    const { source, places } = this;
    this.#entries ??= this.keys.map(({ text }, at) => {
      const [start = 0, end = 0, bytes = 0] = places.subarray(at * PLACE, (at + 1) * PLACE);
      return new ScannedEntry(source, start, end, text, bytes);
    });
    return this.#entries;
  }

  /** Whether a stream that takes records of so many bytes takes all of it. */
  fits(maxRecordBytes: number): boolean {
    return this.bytes <= limits.bytesPerPut && this.#largest <= maxRecordBytes;
  }

  /** The request parsed, for the checks that know how to word what is wrong. */
  decode(): unknown {
    return this.#decode();
  }
}
