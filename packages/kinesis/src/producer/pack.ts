import { createAggregator } from '../codec/index.ts';
import type { OutgoingRecord } from '../record/record.ts';
import type { Pack } from './lane.ts';
import type { Parcel, Pending } from './pending.ts';

/** The KPL's own limit of an aggregate: larger ones save nothing and make retries dearer. */
const MAX_AGGREGATE_BYTES = 51_200;

/** One user record a parcel. */
export const packOne: Pack = (waiting, from) => {
  const pending = at(waiting, from);
  return { record: pending.record, members: [pending], bytes: pending.bytes, attempts: 0 };
};

/**
 * As many records of the lane as one aggregate takes. The aggregate carries the users' own partition key, so a consumer
 * that does not open it still sees the right key, and it can never hold a record of another shard.
 */
export function packAggregates(maxRecordBytes: number): Pack {
  return (waiting, from) => packAggregate(waiting, from, Math.min(MAX_AGGREGATE_BYTES, maxRecordBytes));
}

function packAggregate(waiting: readonly Pending[], from: number, maxRecordBytes: number): Parcel {
  const first = at(waiting, from);
  const keyBytes = first.bytes - first.record.data.length;
  const aggregator = createAggregator({ maxBytes: Math.max(64, maxRecordBytes - keyBytes) });
  const members: Pending[] = [];
  for (let index = from; index < waiting.length; index++) {
    const pending = at(waiting, index);
    // An explicit hash key of its own may belong to another shard.
    if (pending.record.explicitHashKey !== first.record.explicitHashKey) break;
    if (!aggregator.add(pending.record)) break;
    members.push(pending);
  }
  if (members.length < 2) return packOne(waiting, from);
  const record: OutgoingRecord = { ...first.record, data: aggregator.finish().data };
  return { record, members, bytes: record.data.length + keyBytes, attempts: 0 };
}

function at(waiting: readonly Pending[], index: number): Pending {
  const pending = waiting[index];
  if (pending === undefined) throw new RangeError('a lane was asked for a record it does not hold');
  return pending;
}
