import { hostname } from 'node:os';
import process from 'node:process';

import type { FailurePolicy } from '../process/index.ts';
import type { PositionInput } from '../record/position.ts';
import { parsePosition } from '../record/position.ts';
import { toStreamStart, type StreamStart } from '../lease/index.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { choiceOption, integerOption, optionError } from '../runtime/options.ts';

export interface ConsumerOptions {
  /**
   * Consumers of one group share the stream's shards and their checkpoints. It is the KCL's application name, and on
   * DynamoDB the name of the lease table: 3 to 255 letters, digits, dots, hyphens and underscores.
   */
  readonly group: string;
  /**
   * Where a group without checkpoints begins: `'oldest'`, `'now'`, `'-15m'`, a time. `now` is pinned when the group
   * first starts, so a restart before the first checkpoint loses nothing. There is no default: the wrong guess loses or
   * repeats a day of records.
   */
  readonly from: PositionInput;
  /** This worker's name, unique in the group. @defaultValue host, process id and a random suffix */
  readonly workerId?: string;
  /**
   * How long a worker may be silent before the others take its shards; equal in the whole group. Heartbeats and
   * checkpoints are written three times as often. 300 ms to 1 h. @defaultValue `'10s'`
   */
  readonly leaseDuration?: Duration;
  /** Time between two reads of a shard; the service allows 5 reads a second and shard for all groups together. @defaultValue `'250ms'` */
  readonly pollInterval?: Duration;
  /** Records one read may answer, 1 to 10,000. @defaultValue `10_000` */
  readonly batchSize?: number;
  /**
   * Records of one shard handled at once by `eachRecord`, 1 to 1,000. Those of one partition key stay in order; a checkpoint
   * waits for the oldest unfinished record, so up to a batch may come again after a crash.
   * @defaultValue `1`
   */
  readonly concurrency?: number;
  /** Shards this worker may hold at most. @defaultValue no limit */
  readonly maxShards?: number;
  /** Tries of a record or batch the handler fails on, with growing pauses, before the consumer stops. 1 to 1,000. @defaultValue `10` */
  readonly maxAttempts?: number;
  /**
   * What becomes of a record that failed so often, or cannot be decoded: `'stop'` ends the consumer with `HANDLER_FAILED`,
   * {@link deadLetter} sends it to a sink and goes on, `'skip'` drops it.
   * @defaultValue `'stop'`
   */
  readonly onFailure?: FailurePolicy | 'stop' | 'skip';
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/** The options a consumer runs with: checked, complete and frozen. */
export interface ResolvedConsumerOptions {
  readonly group: string;
  readonly from: StreamStart;
  readonly workerId: string;
  readonly leaseDurationMs: number;
  readonly pollIntervalMs: number;
  readonly batchSize: number;
  readonly concurrency: number;
  readonly maxShards: number;
  readonly maxAttempts: number;
  readonly onFailure: FailurePolicy;
  readonly clock: Clock;
}

export function resolveConsumerOptions(options: ConsumerOptions): ResolvedConsumerOptions {
  const clock = options.clock ?? systemClock;
  if (!/^[a-zA-Z0-9_.-]{3,255}$/.test(options.group)) {
    throw optionError(
      'consumer.group',
      options.group,
      '3 to 255 letters, digits, dots, hyphens and underscores',
    );
  }
  const leaseDurationMs = toMilliseconds(options.leaseDuration ?? 10_000, 'consumer.leaseDuration');
  if (leaseDurationMs < 300 || leaseDurationMs > 3_600_000) {
    throw optionError('consumer.leaseDuration', options.leaseDuration, 'between 300 ms and 1 h');
  }
  return Object.freeze({
    group: options.group,
    from: toStreamStart(parsePosition(options.from, clock.now(), 'consumer.from'), 'consumer.from'),
    workerId: options.workerId ?? defaultWorkerId(clock),
    leaseDurationMs,
    pollIntervalMs: toMilliseconds(options.pollInterval ?? 250, 'consumer.pollInterval'),
    batchSize: integerOption('consumer.batchSize', options.batchSize ?? 10_000, 1, 10_000),
    concurrency: integerOption('consumer.concurrency', options.concurrency ?? 1, 1, 1000),
    maxShards: integerOption('consumer.maxShards', options.maxShards ?? 1_000_000, 1, 1_000_000),
    maxAttempts: integerOption('consumer.maxAttempts', options.maxAttempts ?? 10, 1, 1000),
    onFailure: policyOf(options.onFailure ?? 'stop'),
    clock,
  });
}

function policyOf(given: NonNullable<ConsumerOptions['onFailure']>): FailurePolicy {
  if (typeof given === 'object') return given;
  return { action: choiceOption('consumer.onFailure', given, ['stop', 'skip']) };
}

function defaultWorkerId(clock: Clock): string {
  const suffix = Math.floor(clock.random() * 36 ** 6)
    .toString(36)
    .padStart(6, '0');
  return `${hostname()}-${process.pid}-${suffix}`;
}
