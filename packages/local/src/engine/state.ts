import type { Commitment } from './account.ts';
import type { ChannelLogging, ChannelSettings, ChannelStatus } from './channel-settings.ts';
import type { EncryptionChange } from './encryption.ts';
import type { KmsKeyState } from './kms.ts';
import type { LimitedChange, RecordDistribution, StreamMode, StreamStatus } from './stream-settings.ts';

/** All of an engine but its records, as plain JSON. Times in milliseconds since the epoch. */
export interface EngineState {
  readonly version: 1;
  /** The highest stream id given so far. */
  readonly streamCount: number;
  readonly commitment: Commitment;
  readonly streams: readonly StreamState[];
  readonly channels?: readonly ChannelState[];
  /** Keys that do not work. */
  readonly kmsKeys?: Readonly<Record<string, KmsKeyState>>;
}

export interface ChannelState {
  readonly init: ChannelSettings;
  /** Name of its stream. */
  readonly stream: string;
  readonly status: ChannelStatus;
  readonly statusReason?: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly freshnessSeconds: number;
  readonly logging: ChannelLogging;
  /** Of each shard, by index, the next record to deliver. */
  readonly positions: readonly (readonly [shardIndex: number, next: number])[];
  readonly objects: number;
}

export interface StreamState {
  readonly id: number;
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly status: StreamStatus;
  readonly mode: StreamMode;
  readonly maxRecordBytes: number;
  readonly retentionHours: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly shardLevelMetrics: readonly string[];
  readonly autoCursor: number;
  readonly policies: Readonly<Record<string, string>>;
  readonly distribution: RecordDistribution;
  readonly warmMiBps?: number;
  readonly encryption: readonly EncryptionChange[];
  readonly changes: Readonly<Record<LimitedChange, readonly number[]>>;
  /** The busiest minute of each hour, for streams on demand. */
  readonly peaks?: readonly (readonly [hour: number, rate: number])[];
  readonly consumers: readonly ConsumerState[];
  /** Shards to open, for a stream that is CREATING. */
  readonly plannedShards: number;
  readonly nextIndex: number;
  readonly shards: readonly ShardState[];
}

export interface ConsumerState {
  readonly name: string;
  readonly createdAt: number;
  readonly deleting: boolean;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ShardState {
  readonly index: number;
  /** Hash keys in decimal. */
  readonly range: readonly [start: string, end: string];
  readonly parents: readonly number[];
  readonly openedAt: number;
  readonly openedSecond: number;
  readonly closedAt?: number;
  /** Index the next record gets, should all the records be gone. */
  readonly next: number;
  readonly lastArrival: number;
}
