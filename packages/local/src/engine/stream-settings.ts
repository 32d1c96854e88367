import type { EncryptionChange } from './encryption.ts';

export type StreamStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING';
export type StreamMode = 'PROVISIONED' | 'ON_DEMAND';
export type RecordDistribution = 'AUTO' | 'USER_PARTITION_KEY';

/** What a stream is told to do besides keeping records: plain data, so that it can be stored as it is. */
export interface StreamSettings {
  /** Resource policies as given, by the ARN of the stream or of a consumer of it. */
  readonly policies: Map<string, string>;
  /** `AUTO` only on demand. */
  distribution: RecordDistribution;
  /** Warm throughput asked for, MiB a second. */
  warmMiBps: number | undefined;
  encryption: readonly EncryptionChange[];
  /** When each thing that may be done so many times a day was done, milliseconds since the epoch. */
  readonly changes: Record<LimitedChange, readonly number[]>;
}

export type LimitedChange = 'shardCount' | 'encryptionStart' | 'encryptionStop' | 'mode';

export function createStreamSettings(): StreamSettings {
  return {
    policies: new Map(),
    distribution: 'USER_PARTITION_KEY',
    warmMiBps: undefined,
    encryption: [],
    changes: { shardCount: [], encryptionStart: [], encryptionStop: [], mode: [] },
  };
}

/** Of `times`, those of the 24 hours before `now`. */
export function ofLastDay(times: readonly number[], now: number): readonly number[] {
  return times.filter((time) => time > now - 86_400_000);
}
