import { MillraceError } from '../errors.ts';
import { effectiveHashKey, parseHashKey } from '../record/hash-key.ts';
import { md5 } from '../record/md5.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { integerOption } from '../runtime/options.ts';
import {
  DIGEST_BYTES,
  HASH_KEY_TABLE,
  KEY_TABLE,
  MAGIC,
  MAGIC_BYTES,
  MAX_AGGREGATE_COUNT,
  RECORD,
  RECORD_DATA,
  RECORD_HASH_KEY_INDEX,
  RECORD_KEY_INDEX,
  RECORD_TAG,
  TAG_KEY,
  TAG_VALUE,
  type AggregateEntry,
} from './aggregate.ts';
import { stringFieldLength, StringTable, writeString } from './string-table.ts';
import { varintLength, writeVarint } from './varint.ts';

export interface AggregatorOptions {
  /**
   * The most bytes the finished aggregate's data may take, magic and digest included, 64 to 10,485,760. Its
   * partition key, which the service counts too, takes one more. Default 51,200, as the KPL.
   */
  readonly maxBytes?: number;
  /** The most user records in one aggregate, 1 to 1,000,000. Default 1,000,000. */
  readonly maxCount?: number;
}

/** Fills one aggregate after the other. Synchronous; keeps references to the entries until they are written. */
export interface Aggregator {
  /** User records waiting. */
  readonly count: number;
  /** Exactly the bytes the data would take if finished now. */
  readonly size: number;
  /** Whether `add` would take the entry. */
  fits(entry: AggregateEntry): boolean;
  /**
   * Takes the entry and answers true, or leaves everything as it was and answers false. An entry that an empty
   * aggregator refuses must go as a plain record. Throws `RECORD_INVALID` when its explicit hash key is not one:
   * it would make every reader fail on the whole aggregate.
   */
  add(entry: AggregateEntry): boolean;
  /**
   * The Kinesis record of everything added, in the order of adding; starts afresh even when it throws. It goes to the shard of the
   * first entry. Also encodes a single entry, though the KPL sends that as a plain record; only the aggregate
   * keeps its headers. Throws `RECORD_INVALID` when empty, or when an entry was changed after it was added.
   */
  finish(): Required<OutgoingRecord>;
}

/**
 * An aggregator in the KPL's format, which every KCL reads. All entries of one aggregate should belong to the same
 * shard: the Java KCL drops an aggregate that holds a record of another one.
 * See {@link https://docs.aws.amazon.com/streams/latest/dev/kinesis-kpl-concepts.html}. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * const aggregator = createAggregator({ maxBytes: 51_200 });
 * if (!aggregator.add(entry)) {
 *   send(aggregator.finish());
 *   if (!aggregator.add(entry)) send(entry);
 * }
 * ```
 */
export function createAggregator(options: AggregatorOptions = {}): Aggregator {
  return new KplAggregator(
    integerOption('aggregator.maxBytes', options.maxBytes ?? 51_200, 64, 10_485_760),
    integerOption('aggregator.maxCount', options.maxCount ?? MAX_AGGREGATE_COUNT, 1, MAX_AGGREGATE_COUNT),
  );
}

/**
 * One aggregate of all `entries`, whatever its size. Throws `RECORD_INVALID` when there are none, more than
 * 1,000,000, or one has an invalid explicit hash key.
 *
 * @example
 * ```ts
 * const record = encodeAggregate([{ partitionKey: 'ada', data: one }, { partitionKey: 'bob', data: two }]);
 * ```
 */
export function encodeAggregate(entries: readonly AggregateEntry[]): Required<OutgoingRecord> {
  const aggregator = new KplAggregator(Number.MAX_SAFE_INTEGER, MAX_AGGREGATE_COUNT);
  for (const entry of entries) {
    if (!aggregator.add(entry)) throw unusable(`There are more than ${MAX_AGGREGATE_COUNT} user records.`);
  }
  return aggregator.finish();
}

class KplAggregator implements Aggregator {
  readonly #maxBytes: number;
  readonly #maxCount: number;
  readonly #keys = new StringTable(KEY_TABLE);
  readonly #hashKeys = new StringTable(HASH_KEY_TABLE);
  /** Per entry: itself, its key index, its hash key index or −1, the length of its Record message. */
  #entries: AggregateEntry[] = [];
  #keyIndexes: number[] = [];
  #hashKeyIndexes: number[] = [];
  #lengths: number[] = [];
  #size = MAGIC_BYTES + DIGEST_BYTES;

  constructor(maxBytes: number, maxCount: number) {
    this.#maxBytes = maxBytes;
    this.#maxCount = maxCount;
  }

  get count(): number {
    return this.#entries.length;
  }

  get size(): number {
    return this.#size;
  }

  fits(entry: AggregateEntry): boolean {
    return this.#take(entry, false);
  }

  add(entry: AggregateEntry): boolean {
    return this.#take(entry, true);
  }

  finish(): Required<OutgoingRecord> {
    const first = this.#entries[0];
    if (first === undefined) throw unusable('There are no user records to aggregate.');
    try {
      const hashKey = effectiveHashKey(first.partitionKey, first.explicitHashKey);
      return { partitionKey: 'a', explicitHashKey: hashKey.toString(), data: this.#encode() };
    } finally {
      this.#reset();
    }
  }

  #take(entry: AggregateEntry, keep: boolean): boolean {
    const { partitionKey, explicitHashKey } = entry;
    if (this.#entries.length >= this.#maxCount) return false;

    const keyIndex = this.#keys.indexOf(partitionKey);
    const newKey = keyIndex === this.#keys.count;
    let growth = newKey ? stringFieldLength(partitionKey) : 0;
    let length = 1 + varintLength(keyIndex) + bytesFieldLength(entry.data.length);

    let hashKeyIndex = -1;
    let newHashKey = false;
    if (explicitHashKey !== undefined) {
      hashKeyIndex = this.#hashKeys.indexOf(explicitHashKey);
      newHashKey = hashKeyIndex === this.#hashKeys.count;
      if (newHashKey) growth += stringFieldLength(explicitHashKey);
      length += 1 + varintLength(hashKeyIndex);
    }
    if (entry.headers !== undefined) length += tagsLength(entry.headers);

    const size = this.#size + growth + bytesFieldLength(length);
    if (size > this.#maxBytes) return false;
    if (!keep) return true;

    if (newHashKey && explicitHashKey !== undefined) {
      parseHashKey(explicitHashKey);
      this.#hashKeys.add(explicitHashKey);
    }
    if (newKey) this.#keys.add(partitionKey);
    this.#entries.push(entry);
    this.#keyIndexes.push(keyIndex);
    this.#hashKeyIndexes.push(hashKeyIndex);
    this.#lengths.push(length);
    this.#size = size;
    return true;
  }

  #encode(): Uint8Array {
    const data = new Uint8Array(this.#size);
    const end = this.#size - DIGEST_BYTES;
    data.set(MAGIC);
    let at = this.#hashKeys.write(data, this.#keys.write(data, MAGIC_BYTES));
    for (let index = 0; index < this.#entries.length; index++) {
      const entry = this.#entries[index];
      const length = this.#lengths[index] ?? 0;
      if (entry === undefined) continue;
      data[at] = RECORD;
      const start = writeVarint(data, at + 1, length);
      at = writeRecord(data, start, entry, this.#keyIndexes[index] ?? 0, this.#hashKeyIndexes[index] ?? -1);
      // A buffer transferred away or a header added since would tear every record behind it.
      if (at !== start + length) throw unusable('A user record was changed after it was added.');
    }
    data.set(md5(data.subarray(MAGIC_BYTES, end)), end);
    return data;
  }

  #reset(): void {
    this.#keys.clear();
    this.#hashKeys.clear();
    this.#entries = [];
    this.#keyIndexes = [];
    this.#hashKeyIndexes = [];
    this.#lengths = [];
    this.#size = MAGIC_BYTES + DIGEST_BYTES;
  }
}

function writeRecord(
  target: Uint8Array,
  offset: number,
  entry: AggregateEntry,
  keyIndex: number,
  hashKeyIndex: number,
): number {
  let at = offset;
  target[at++] = RECORD_KEY_INDEX;
  at = writeVarint(target, at, keyIndex);
  if (hashKeyIndex >= 0) {
    target[at++] = RECORD_HASH_KEY_INDEX;
    at = writeVarint(target, at, hashKeyIndex);
  }
  target[at++] = RECORD_DATA;
  at = writeVarint(target, at, entry.data.length);
  target.set(entry.data, at);
  at += entry.data.length;
  return entry.headers === undefined ? at : writeTags(target, at, entry.headers);
}

function writeTags(target: Uint8Array, offset: number, headers: Readonly<Record<string, string>>): number {
  let at = offset;
  for (const [name, value] of Object.entries(headers)) {
    target[at++] = RECORD_TAG;
    at = writeVarint(target, at, stringFieldLength(name) + stringFieldLength(value));
    at = writeString(target, at, TAG_KEY, name);
    at = writeString(target, at, TAG_VALUE, value);
  }
  return at;
}

function tagsLength(headers: Readonly<Record<string, string>>): number {
  let length = 0;
  for (const [name, value] of Object.entries(headers)) {
    length += bytesFieldLength(stringFieldLength(name) + stringFieldLength(value));
  }
  return length;
}

/** A field with a one-byte tag and `length` bytes of content. */
function bytesFieldLength(length: number): number {
  return 1 + varintLength(length) + length;
}

function unusable(message: string): MillraceError {
  return new MillraceError('RECORD_INVALID', message, {
    advice:
      'Add between 1 and 1,000,000 records and leave their bytes and headers alone until they are written.',
    path: 'aggregate',
  });
}
