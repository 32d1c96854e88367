import { hostname } from 'node:os';
import process from 'node:process';

import type { FailurePolicy } from '../process/index.ts';
import type { PositionInput } from '../record/position.ts';
import { parsePosition } from '../record/position.ts';
import { toStreamStart, type StreamStart } from '../lease/index.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { noMeter, type Meter } from '../runtime/meter.ts';
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
  /**
   * This worker's name, unique in the group: two of one name take each other's writes for their own, and both handle the same
   * records. One that comes back under its name takes its leases back at once. @defaultValue host, process id and a random suffix
   */
  readonly workerId?: string;
  /**
   * How long a worker may be silent before the others take its shards; equal in the whole group. Heartbeats and
   * checkpoints are written three times as often. 300 ms to 1 h. @defaultValue `'10s'`
   */
  readonly leaseDuration?: Duration;
  /**
   * How records are fetched. `'polling'` costs nothing beside the shards and shares two MiB and five calls a second and shard
   * with every other reader. `'fan-out'` is paid for, delivers within some ten milliseconds, and has two MiB a second for
   * itself. `'auto'` is fan-out, and polling until its consumer is ACTIVE, and for a shard where it is refused or keeps failing, until it works again.
   * @defaultValue `'polling'`
   */
  readonly retrieval?: 'polling' | 'fan-out' | 'auto';
  readonly fanOut?: FanOutChoices;
  /** Time between two reads of a shard that has records. @defaultValue `'250ms'` */
  readonly pollInterval?: Duration;
  /** The longest time between two reads of a shard that has none; the first record brings it back. At least `pollInterval`. @defaultValue `'2s'` */
  readonly idlePollInterval?: Duration;
  /**
   * Groups that read the stream by polling, this one included, 1 to 50: a shard answers five reads a second to all of them
   * together, and each keeps to its share. @defaultValue `1`
   */
  readonly readers?: number;
  /** Records one read may answer, 1 to 10,000. @defaultValue `10_000` */
  readonly batchSize?: number;
  /** Bytes read ahead of the handlers, all shards together; beyond them each shard has the batch it works on. 0 to 4 GiB. @defaultValue 32 MiB */
  readonly prefetch?: number;
  /**
   * Records of one shard handled at once by `eachRecord`, 1 to 1,000. Those of one partition key stay in order; a checkpoint
   * waits for the oldest unfinished record, so up to a batch may come again after a crash.
   * @defaultValue `1`
   */
  readonly concurrency?: number;
  /**
   * Shards this worker may hold at most. Those that nobody may take then are not read: they are told (`consumer:shards-unowned`)
   * and measured (`millrace.consumer.unowned`). @defaultValue no limit
   */
  readonly maxShards?: number;
  /** Tries of a record or batch the handler fails on, with growing pauses, before the consumer stops. 1 to 1,000. @defaultValue `10` */
  readonly maxAttempts?: number;
  /**
   * What becomes of a record that failed so often, or cannot be decoded: `'stop'` ends the consumer with `HANDLER_FAILED`,
   * {@link deadLetter} sends it to a sink and goes on, {@link parkTheKey} does so with all that follows under its key, `'skip'`
   * drops it.
   * @defaultValue `'stop'`
   */
  readonly onFailure?: FailurePolicy | 'stop' | 'skip';
  /**
   * How long a shard may stand still (no batch, not even an empty one; no record finished or tried) before it is told, begun
   * anew, and at the second time given up to another worker. A handler that takes longer calls `context.progress()`.
   * 1 s to 24 h; at least twice `idlePollInterval`, and 15 s with fan-out, or a shard without records would count as stuck.
   * @defaultValue `'5m'`
   */
  readonly stallAfter?: Duration;
  /** How long a shard another worker waits for may finish what it has. @defaultValue `'30s'` */
  readonly handOffTimeout?: Duration;
  /** Where measurements go. @defaultValue nowhere */
  readonly meter?: Meter;
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/** How enhanced fan-out is used. */
export interface FanOutChoices {
  /** The stream consumer to register and read by; workers of a group share it. 1 to 128 letters, digits, dots, hyphens and underscores. @defaultValue the group */
  readonly consumerName?: string;
  /** Whether the last worker of the group to close deregisters it, which ends its costs. @defaultValue `false` */
  readonly deregister?: boolean;
}

/** The options a consumer runs with: checked, complete and frozen. */
export interface ResolvedConsumerOptions {
  readonly group: string;
  readonly from: StreamStart;
  readonly workerId: string;
  readonly leaseDurationMs: number;
  readonly retrieval: 'polling' | 'fan-out' | 'auto';
  readonly fanOutName: string;
  readonly deregister: boolean;
  readonly pollIntervalMs: number;
  readonly idlePollIntervalMs: number;
  readonly readers: number;
  readonly batchSize: number;
  readonly prefetchBytes: number;
  readonly concurrency: number;
  readonly maxShards: number;
  readonly maxAttempts: number;
  readonly onFailure: FailurePolicy;
  readonly stallAfterMs: number;
  readonly handOffTimeoutMs: number;
  readonly meter: Meter;
  readonly clock: Clock;
}

const mebibyte = 1_048_576;
/** Of `maxShards`. */
export const noLimit = 1_000_000;

export function resolveConsumerOptions(options: ConsumerOptions): ResolvedConsumerOptions {
  const clock = options.clock ?? systemClock;
  const retrieval = choiceOption('consumer.retrieval', options.retrieval ?? 'polling', [
    'polling',
    'fan-out',
    'auto',
  ]);
  const pollIntervalMs = toMilliseconds(options.pollInterval ?? 250, 'consumer.pollInterval');
  const idleMs = toMilliseconds(options.idlePollInterval ?? 2000, 'consumer.idlePollInterval');
  return Object.freeze({
    group: nameOption('consumer.group', options.group, 3, 255),
    from: toStreamStart(parsePosition(options.from, clock.now(), 'consumer.from'), 'consumer.from'),
    workerId: options.workerId ?? defaultWorkerId(clock),
    leaseDurationMs: durationOption(
      'consumer.leaseDuration',
      options.leaseDuration ?? 10_000,
      300,
      3_600_000,
    ),
    retrieval,
    fanOutName:
      retrieval === 'polling'
        ? options.group
        : nameOption('consumer.fanOut.consumerName', options.fanOut?.consumerName ?? options.group, 1, 128),
    deregister: options.fanOut?.deregister ?? false,
    pollIntervalMs,
    idlePollIntervalMs: Math.max(pollIntervalMs, idleMs),
    readers: integerOption('consumer.readers', options.readers ?? 1, 1, 50),
    batchSize: integerOption('consumer.batchSize', options.batchSize ?? 10_000, 1, 10_000),
    prefetchBytes: integerOption('consumer.prefetch', options.prefetch ?? 32 * mebibyte, 0, 4096 * mebibyte),
    concurrency: integerOption('consumer.concurrency', options.concurrency ?? 1, 1, 1000),
    maxShards: integerOption('consumer.maxShards', options.maxShards ?? noLimit, 1, noLimit),
    maxAttempts: integerOption('consumer.maxAttempts', options.maxAttempts ?? 10, 1, 1000),
    onFailure: policyOf(options.onFailure ?? 'stop'),
    stallAfterMs: durationOption(
      'consumer.stallAfter',
      options.stallAfter ?? '5m',
      // What has nothing to hand over says so only so often.
      Math.max(1000, 2 * pollIntervalMs, 2 * idleMs, retrieval === 'polling' ? 0 : 15_000),
      86_400_000,
    ),
    handOffTimeoutMs: toMilliseconds(options.handOffTimeout ?? '30s', 'consumer.handOffTimeout'),
    meter: options.meter ?? noMeter,
    clock,
  });
}

function durationOption(path: string, given: Duration, minMs: number, maxMs: number): number {
  const milliseconds = toMilliseconds(given, path);
  if (milliseconds >= minMs && milliseconds <= maxMs) return milliseconds;
  throw optionError(path, given, `between ${minMs} ms and ${maxMs / 3_600_000} h`);
}

function nameOption(path: string, given: string, min: number, max: number): string {
  if (given.length >= min && given.length <= max && /^[a-zA-Z0-9_.-]*$/.test(given)) return given;
  throw optionError(path, given, `${min} to ${max} letters, digits, dots, hyphens and underscores`);
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
