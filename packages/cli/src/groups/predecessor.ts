import { expandRecord } from '@millrace/kinesis/codec';
import { SHARD_END, type Checkpoint } from '@millrace/kinesis/lease';
import type { Position, StoredRecord } from '@millrace/kinesis/record';

import type { Look, Probe } from '../read/probe.ts';

const TRIM_HORIZON: Checkpoint = { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 };
const firstWindowMs = 1000;
const growth = 16;
const pageRecords = 1000;

/**
 * The checkpoint from which a worker begins with the first record that arrived at `at` or later: that of the last record
 * before. A real sequence number, and not the time, since a worker of the Java KCL takes the time of an AT_TIMESTAMP
 * from its own configuration. A shard that holds nothing from then on is finished, if it is `closed`.
 */
export async function checkpointBefore(
  probe: Probe,
  shard: { readonly shardId: string; readonly closed: boolean },
  at: number,
  retentionMs: number,
): Promise<Checkpoint> {
  const { shardId } = shard;
  if (shard.closed) {
    const { records } = await probe.look(shardId, { type: 'time', at }, 1);
    if (records.length === 0) return SHARD_END;
  }
  for (let windowMs = firstWindowMs; ; windowMs *= growth) {
    const oldest = windowMs >= retentionMs;
    const from: Position = oldest ? { type: 'oldest' } : { type: 'time', at: at - windowMs };
    const last = await lastBefore(probe, shardId, from, ({ arrivedAt }) => arrivedAt < at);
    if (last !== undefined) return checkpointOf(last);
    if (oldest) return TRIM_HORIZON;
  }
}

/** Everything up to this record is handled, the last of its aggregate included. */
export function checkpointOf(record: StoredRecord): Checkpoint {
  const { sequenceNumber } = record;
  return { sequenceNumber, subSequenceNumber: expandRecord(record).length - 1 };
}

async function lastBefore(
  probe: Probe,
  shardId: string,
  from: Position,
  isBefore: (record: StoredRecord) => boolean,
): Promise<StoredRecord | undefined> {
  let found: StoredRecord | undefined;
  let position = from;
  for (;;) {
    const look: Look = await probe.look(shardId, position, pageRecords);
    const before = look.records.filter(isBefore);
    found = before.at(-1) ?? found;
    const last = look.records.at(-1);
    const more = before.length === look.records.length && !look.ended && look.millisBehindLatest > 0;
    if (!more || last === undefined) return found;
    position = { type: 'after', sequenceNumber: last.sequenceNumber };
  }
}
