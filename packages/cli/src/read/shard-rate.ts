import type { Clock } from '@millrace/kinesis/runtime';

import type { Probe } from './probe.ts';

/** What comes into a shard now, stored records. */
export interface ShardRate {
  readonly shardId: string;
  readonly recordsPerSecond: number;
  readonly bytesPerSecond: number;
}

const sampleRecords = 1000;

/** From one read of the last `windowMs`: counted, or reckoned from how close together its first records came. */
export async function measureRate(
  probe: Probe,
  clock: Pick<Clock, 'now'>,
  shardId: string,
  windowMs: number,
): Promise<ShardRate> {
  const from = clock.now() - windowMs;
  const { records, millisBehindLatest, ended } = await probe.look(
    shardId,
    { type: 'time', at: from },
    sampleRecords,
  );
  const whole = ended || millisBehindLatest === 0;
  const lastAt = records.at(-1)?.arrivedAt ?? from;
  const seconds = whole ? windowMs / 1000 : Math.max(0.001, (lastAt - from) / 1000);
  const bytes = records.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0);
  return { shardId, recordsPerSecond: records.length / seconds, bytesPerSecond: bytes / seconds };
}
