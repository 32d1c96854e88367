import { expandRecord } from '@millrace/kinesis/codec';
import { HotKeys } from '@millrace/kinesis/producer';
import type { StreamRecord } from '@millrace/kinesis/record';

import { writeLoad } from '../limits/shard-limits.ts';

/** A key of a shard and its share, counted in bounded memory. */
export interface KeyShare {
  readonly partitionKey: string;
  /** Of the shard's bytes or records, whichever fill it more; at most this. */
  readonly share: number;
  /** At least this: what a bounded count cannot tell apart. */
  readonly atLeast: number;
}

/** What came into one shard while it was watched. */
export interface ShardHeat {
  readonly shardId: string;
  /** Stored records: an aggregate counts once. */
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
  /** Of what a shard takes, 0 to 1 and beyond. */
  readonly load: number;
  /** Which of its limits is nearer. */
  readonly bound: 'records' | 'bytes';
  /** The heaviest first. */
  readonly keys: readonly KeyShare[];
}

interface Sample {
  records: number;
  userRecords: number;
  bytes: number;
  firstAt: number;
  lastAt: number;
}

/** Sums up what flows through the shards of a stream, with its heaviest keys in memory that does not grow. */
export class HeatMap {
  readonly #samples = new Map<string, Sample>();
  readonly #byRecords = new HotKeys();
  readonly #byBytes = new HotKeys();

  /** Records as they are stored, in the order they arrived. */
  add(shardId: string, stored: readonly StreamRecord[]): void {
    const sample = this.#samples.get(shardId) ?? emptySample();
    this.#samples.set(shardId, sample);
    for (const record of stored) {
      const at = record.arrivedAt.getTime();
      sample.records++;
      sample.bytes += record.bytes.length + record.partitionKey.length;
      sample.firstAt = Math.min(sample.firstAt, at);
      sample.lastAt = Math.max(sample.lastAt, at);
      for (const { partitionKey, data } of usersOf(record)) {
        sample.userRecords++;
        this.#byRecords.add(shardId, partitionKey, 1);
        this.#byBytes.add(shardId, partitionKey, data.length);
      }
    }
  }

  get records(): number {
    return [...this.#samples.values()].reduce((sum, { records }) => sum + records, 0);
  }

  /** `shardIds`: those that were watched; `windowMs`: for how long, of a shard that has been read to its newest record. */
  shards(shardIds: readonly string[], windowMs: number, top: number): readonly ShardHeat[] {
    const byRecords = this.#byRecords.top(top);
    const byBytes = this.#byBytes.top(top);
    return shardIds.map((shardId) => {
      const sample = this.#samples.get(shardId) ?? emptySample();
      // Reading may not have kept up: then what was read arrived in less time than was spent on it.
      const seconds = Math.max(
        1,
        Math.min(windowMs, Math.max(0, sample.lastAt - sample.firstAt) || windowMs) / 1000,
      );
      const recordsPerSecond = sample.records / seconds;
      const bytesPerSecond = sample.bytes / seconds;
      const bound = writeLoad(recordsPerSecond, 0) > writeLoad(0, bytesPerSecond) ? 'records' : 'bytes';
      const whole = bound === 'records' ? sample.userRecords : sample.bytes;
      const counted = (bound === 'records' ? byRecords : byBytes).get(shardId) ?? [];
      return {
        shardId,
        recordsPerSecond,
        bytesPerSecond,
        load: writeLoad(recordsPerSecond, bytesPerSecond),
        bound,
        keys: counted.map(({ partitionKey, records, overcount }) => ({
          partitionKey,
          share: Math.min(1, records / Math.max(1, whole)),
          atLeast: Math.max(0, (records - overcount) / Math.max(1, whole)),
        })),
      };
    });
  }
}

function emptySample(): Sample {
  return { records: 0, userRecords: 0, bytes: 0, firstAt: Number.POSITIVE_INFINITY, lastAt: 0 };
}

function usersOf(record: StreamRecord): ReturnType<typeof expandRecord> {
  const { sequenceNumber, partitionKey, bytes: data, arrivedAt } = record;
  return expandRecord({ sequenceNumber, partitionKey, data, arrivedAt: arrivedAt.getTime() });
}
