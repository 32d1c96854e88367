import { effectiveHashKey, isHashKey } from '../record/hash-key.ts';
import type { StoredRecord } from '../record/record.ts';
import { decodeAggregate } from './decode-aggregate.ts';
import { noHeaders } from './headers.ts';

/** One user record with the place it was stored at. */
export interface UserRecord extends StoredRecord {
  /** Place inside the aggregate, from 0; 0 for a plain record. */
  readonly subSequenceNumber: number;
  /** Only known for a record out of an aggregate: the service does not give back a plain record's. */
  readonly explicitHashKey?: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Whether it came in an aggregate. */
  readonly aggregated: boolean;
  /**
   * Whether its hash key belongs to another shard, where its producer has put it again or will: after a reshard the
   * KPL re-sends such records. Only ever true for a record out of an aggregate, when the shard's range is given.
   */
  readonly foreign: boolean;
}

export interface ExpandOptions {
  /** The hash keys the record's shard owns, both ends included. Default: not known, no record is foreign. */
  readonly range?: { readonly start: bigint; readonly end: bigint };
}

/**
 * The user records in a stored record: those of its aggregate, or itself. Never empty and never throws.
 *
 * @example
 * ```ts
 * for (const record of expandRecord(stored, { range: shard.hashRange })) if (!record.foreign) await handle(record);
 * ```
 */
export function expandRecord(stored: StoredRecord, options: ExpandOptions = {}): readonly UserRecord[] {
  const { sequenceNumber, arrivedAt } = stored;
  const entries = decodeAggregate(stored.data);
  if (entries === undefined) {
    const { partitionKey, data } = stored;
    const plain = { subSequenceNumber: 0, headers: noHeaders, aggregated: false, foreign: false };
    return [{ sequenceNumber, partitionKey, data, arrivedAt, ...plain }];
  }
  const isForeign = foreignCheck(options.range);
  return entries.map((entry, subSequenceNumber) => {
    const { partitionKey, explicitHashKey, data, headers } = entry;
    const foreign = isForeign(partitionKey, explicitHashKey);
    const record = {
      sequenceNumber,
      partitionKey,
      data,
      arrivedAt,
      subSequenceNumber,
      headers,
      aggregated: true,
      foreign,
    };
    return explicitHashKey === undefined ? record : { ...record, explicitHashKey };
  });
}

/** Whether a record of that key is another shard's; of a shard whose range is not known, none is. */
export type IsForeign = (partitionKey: string, explicitHashKey: string | undefined) => boolean;

/** Keys whose answers are remembered, at the most. */
const rememberedKeys = 20_000;

/** Remembers each key's answer: an aggregate has few keys, and a hash costs more than all the rest. */
export function foreignCheck(range: ExpandOptions['range']): IsForeign {
  if (range === undefined) return () => false;
  const byKey = new Map<string, boolean>();
  const byHashKey = new Map<string, boolean>();
  return (partitionKey, explicitHashKey) => {
    const known = explicitHashKey === undefined ? byKey : byHashKey;
    const name = explicitHashKey ?? partitionKey;
    let foreign = known.get(name);
    if (foreign === undefined) {
      foreign = isOutside(range, partitionKey, explicitHashKey);
      if (known.size >= rememberedKeys) known.clear();
      known.set(name, foreign);
    }
    return foreign;
  };
}

function isOutside(
  range: { readonly start: bigint; readonly end: bigint },
  partitionKey: string,
  explicitHashKey: string | undefined,
): boolean {
  // Who cannot be placed is delivered: to drop a record takes certainty that another shard has it.
  if (explicitHashKey !== undefined && !isHashKey(explicitHashKey)) return false;
  const hashKey = effectiveHashKey(partitionKey, explicitHashKey);
  return hashKey < range.start || hashKey > range.end;
}
