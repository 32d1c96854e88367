import { createAggregator, encodeAggregate } from '../codec/index.ts';
import type { OutgoingRecord } from '../record/record.ts';
import type { Pack } from './lane.ts';
import type { Ordering } from './options.ts';
import type { Packed, Pending } from './pending.ts';

/** The KPL's own limit of an aggregate: larger ones save little and make retries dearer. */
const MAX_AGGREGATE_BYTES = 51_200;
const SHARD_BYTES = 1_048_576;
/** 256 characters of at most four bytes. */
const LONGEST_KEY_BYTES = 1024;

/** One user record an entry. Headers travel only inside the KPL's format, so a record with some is an aggregate of one. */
export const packOne: Pack = (_lane, waiting, from) => {
  const pending = at(waiting, from);
  const { record } = pending;
  if (record.headers === undefined) return { record, members: [pending], bytes: pending.bytes };
  return packed(pending, encodeAggregate([record]).data, [pending]);
};

/**
 * As many records of the lane as one aggregate takes: all of a shard's lane, only those of the first one's key in any
 * other. The aggregate carries the first record's own partition key, so a consumer that does not open it still sees a
 * right one.
 */
export function packAggregates({
  ordering,
  maxRecordBytes,
}: {
  readonly ordering: Ordering;
  readonly maxRecordBytes: number | undefined;
}): Pack {
  // In order a lane has one entry under way, so what fits into it is the lane's speed: a hot key needs as much as a shard
  // takes in a second.
  const most = ordering === 'none' ? MAX_AGGREGATE_BYTES : SHARD_BYTES;
  const limit = Math.min(most, maxRecordBytes ?? most);
  // Room for the longest partition key: one aggregator then serves them all.
  const aggregator = createAggregator({ maxBytes: Math.max(64, limit - LONGEST_KEY_BYTES) });
  return (lane, waiting, from) => {
    const first = at(waiting, from);
    const ofOneShard = lane.shardId !== undefined && lane.key === lane.shardId;
    aggregator.clear();
    const members: Pending[] = [];
    for (let index = from; index < waiting.length; index++) {
      const pending = at(waiting, index);
      if (!ofOneShard && !sameKey(pending.record, first.record)) break;
      if (!aggregator.add(pending.record)) break;
      members.push(pending);
    }
    return members.length < 2
      ? packOne(lane, waiting, from)
      : packed(first, aggregator.finish().data, members);
  };
}

function packed(first: Pending, data: Uint8Array, members: readonly Pending[]): Packed {
  const { headers: _inside, ...record } = first.record;
  return { record: { ...record, data }, members, bytes: data.length + keyBytes(first) };
}

function sameKey(a: OutgoingRecord, b: OutgoingRecord): boolean {
  return a.partitionKey === b.partitionKey && a.explicitHashKey === b.explicitHashKey;
}

function keyBytes(pending: Pending): number {
  return pending.bytes - pending.record.data.length;
}

function at(waiting: readonly Pending[], index: number): Pending {
  const pending = waiting[index];
  if (pending === undefined) throw new RangeError('a lane was asked for a record it does not hold');
  return pending;
}
