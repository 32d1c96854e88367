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
import { StringTable } from './string-table.ts';
import { utf8Length, writeText } from './utf8.ts';
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

/** Fills one aggregate after the other. Synchronous; reads an entry's bytes again when its aggregate is finished. */
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
   * The Kinesis record of everything added, in the order of adding; it goes to the shard of the first entry. Also
   * encodes a single entry, though the KPL sends that as a plain record; only the aggregate keeps its headers.
   * Starts afresh, even when it throws: `RECORD_INVALID` when empty, or when an entry was changed since.
   */
  finish(): Required<Omit<OutgoingRecord, 'headers'>>;
  /** Forgets everything added. */
  clear(): void;
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
export function encodeAggregate(
  entries: readonly AggregateEntry[],
): Required<Omit<OutgoingRecord, 'headers'>> {
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
  #entries: AggregateEntry[] = [];
  /** Per entry the index of its key and the length of its Record message; has room for more entries. */
  #plan = new Uint32Array(128);
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

  finish(): Required<Omit<OutgoingRecord, 'headers'>> {
    const first = this.#entries[0];
    if (first === undefined) throw unusable('There are no user records to aggregate.');
    try {
      const hashKey = effectiveHashKey(first.partitionKey, first.explicitHashKey);
      return { partitionKey: 'a', explicitHashKey: hashKey.toString(), data: this.#encode() };
    } finally {
      this.clear();
    }
  }

  clear(): void {
    this.#keys.clear();
    this.#hashKeys.clear();
    this.#entries = [];
    this.#size = MAGIC_BYTES + DIGEST_BYTES;
  }

  #take(entry: AggregateEntry, keep: boolean): boolean {
    const { partitionKey, explicitHashKey, data, headers } = entry;
    const count = this.#entries.length;
    if (count >= this.#maxCount) return false;
    let size = this.#size;

    const knownKey = this.#keys.indexOf(partitionKey);
    const keyIndex = knownKey ?? this.#keys.count;
    if (knownKey === undefined) size += this.#keys.stage(partitionKey);
    let length = 1 + varintLength(keyIndex) + fieldLength(data.length);

    let newHashKey: string | undefined;
    if (explicitHashKey !== undefined) {
      const hashKeyIndex = this.#hashKeys.indexOf(explicitHashKey);
      if (hashKeyIndex === undefined) {
        newHashKey = explicitHashKey;
        size += this.#hashKeys.stage(explicitHashKey);
      }
      length += 1 + varintLength(hashKeyIndex ?? this.#hashKeys.count);
    }
    if (headers !== undefined) length += tagsLength(headers);

    size += fieldLength(length);
    if (size > this.#maxBytes) return false;
    if (!keep) return true;

    if (newHashKey !== undefined) {
      parseHashKey(newHashKey);
      this.#hashKeys.keep(newHashKey);
    }
    if (knownKey === undefined) this.#keys.keep(partitionKey);
    if (count * 2 === this.#plan.length) this.#plan = doubled(this.#plan);
    this.#plan[count * 2] = keyIndex;
    this.#plan[count * 2 + 1] = length;
    this.#entries.push(entry);
    this.#size = size;
    return true;
  }

  #encode(): Uint8Array {
    const data = new Uint8Array(this.#size);
    const end = this.#size - DIGEST_BYTES;
    const keys = this.#keys.field;
    const hashKeys = this.#hashKeys.field;
    data.set(MAGIC);
    data.set(keys, MAGIC_BYTES);
    data.set(hashKeys, MAGIC_BYTES + keys.length);
    this.#writeRecords(data, MAGIC_BYTES + keys.length + hashKeys.length);
    data.set(md5(data.subarray(MAGIC_BYTES, end)), end);
    return data;
  }

  #writeRecords(target: Uint8Array, offset: number): void {
    const plan = this.#plan;
    let at = offset;
    let planned = 0;
    for (const entry of this.#entries) {
      const { explicitHashKey, data, headers } = entry;
      const keyIndex = plan[planned++] ?? 0;
      const length = plan[planned++] ?? 0;
      target[at] = RECORD;
      at = writeVarint(target, at + 1, length);
      const next = at + length;
      target[at] = RECORD_KEY_INDEX;
      at = writeVarint(target, at + 1, keyIndex);
      if (explicitHashKey !== undefined) {
        target[at] = RECORD_HASH_KEY_INDEX;
        at = writeVarint(target, at + 1, this.#hashKeys.indexOf(explicitHashKey) ?? 0);
      }
      target[at] = RECORD_DATA;
      at = writeVarint(target, at + 1, data.length);
      // Bytes or headers changed since would tear every record behind this one.
      if (at + data.length > next) throw changed();
      // Copying from a buffer transferred away throws even though there is nothing to copy.
      if (data.length > 0) target.set(data, at);
      at += data.length;
      if (headers !== undefined) at = writeTags(target, at, headers);
      if (at !== next) throw changed();
    }
  }
}

function doubled(plan: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(plan.length * 2);
  larger.set(plan);
  return larger;
}

function writeTags(target: Uint8Array, offset: number, headers: Readonly<Record<string, string>>): number {
  let at = offset;
  for (const [name, value] of Object.entries(headers)) {
    target[at++] = RECORD_TAG;
    at = writeVarint(target, at, tagLength(name, value));
    target[at++] = TAG_KEY;
    at = writeText(target, at, name);
    target[at++] = TAG_VALUE;
    at = writeText(target, at, value);
  }
  return at;
}

function tagsLength(headers: Readonly<Record<string, string>>): number {
  let length = 0;
  for (const [name, value] of Object.entries(headers)) length += fieldLength(tagLength(name, value));
  return length;
}

function tagLength(name: string, value: string): number {
  return fieldLength(utf8Length(name)) + fieldLength(utf8Length(value));
}

/** A field with a one-byte tag and `length` bytes of content. */
function fieldLength(length: number): number {
  return 1 + varintLength(length) + length;
}

function changed(): MillraceError {
  return unusable('A user record was changed between adding it and finishing its aggregate.');
}

function unusable(message: string): MillraceError {
  return new MillraceError('RECORD_INVALID', message, {
    advice: `Put 1 to ${MAX_AGGREGATE_COUNT} user records into one aggregate, and change none of them before it is finished.`,
    path: 'aggregate',
  });
}
