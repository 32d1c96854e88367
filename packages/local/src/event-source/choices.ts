import { integerOption, optionError, toMilliseconds, type Duration } from '@millrace/kinesis/runtime';

import type { BackoffCurve } from './retry.ts';

/**
 * What AWS does not document about event source mappings: how this one decides, and how to have it decide otherwise.
 * Everything documented is in the mapping's settings, under AWS's own names.
 */
export interface MappingChoices {
  /**
   * Waits before the retries of a batch: `first`, then each `factor` times the one before, up to `longest`. Default
   * 250 ms, 2, 1 minute: eight invocations within 60 seconds, as recorded from AWS.
   */
  readonly backoff?: {
    readonly first?: Duration;
    readonly factor?: number;
    readonly longest?: Duration;
  };
  /** Whether halves of a batch begin with no failed attempt (default), or with those of their whole. */
  readonly attemptsAfterBisect?: 'restart' | 'keep';
  /**
   * `interval` (default) looks for records every `pollInterval` and without a pause while there are more, as AWS
   * documents it; `arrival` looks as soon as there are some, where the stream is in this process.
   */
  readonly polling?: 'interval' | 'arrival';
  /** Default 1 second, as AWS documents it. */
  readonly pollInterval?: Duration;
  /** How often new shards are looked for. Default 10 seconds; children are looked for at once when a shard ends. */
  readonly shardInterval?: Duration;
  /** Bytes of an invocation's JSON. Default 6,291,456: AWS's 6 MB. */
  readonly maxPayloadBytes?: number;
  /** Records of a shard read ahead of the oldest unfinished one, at most: what a blocked lane lets others go on by. Default 20,000. */
  readonly readAhead?: number;
  /** What events name as their source. Default: the mapping's EventSourceArn, also when that is a consumer's. */
  readonly eventSourceArn?: string;
  /** Whether tumbling windows go together with a ParallelizationFactor above 1; each lane then has its own, and begins it anew when their number changes. Default false. */
  readonly allowParallelWindows?: boolean;
  /** How long after its end a window waits for a record to end it. Default 2 minutes, as AWS documents its longest wait. */
  readonly windowIdle?: Duration;
  /** Whether `payload` in an S3 failure object is the event as JSON text (default, as documented) or as an object. */
  readonly s3Payload?: 'text' | 'object';
  /**
   * Whether filters tell 300 from 300.0 as Lambda documents it (`text`, default), or compare plain numbers as numbers
   * (`value`), as the matcher behind EventBridge does.
   */
  readonly numberEquality?: 'text' | 'value';
  /** How long a mapping is in a passing state, such as Creating. Default 0: until the next turn of the event loop. */
  readonly transition?: Duration;
}

/** {@link MappingChoices}, with every default filled in and durations in milliseconds. */
export interface ResolvedChoices {
  readonly backoff: BackoffCurve;
  readonly attemptsAfterBisect: 'restart' | 'keep';
  readonly polling: 'interval' | 'arrival';
  readonly pollMs: number;
  readonly shardMs: number;
  readonly maxPayloadBytes: number;
  readonly readAhead: number;
  readonly eventSourceArn: string | undefined;
  readonly allowParallelWindows: boolean;
  readonly windowIdleMs: number;
  readonly s3Payload: 'text' | 'object';
  readonly numberEquality: 'text' | 'value';
  readonly transitionMs: number;
}

/**
 * Checks choices and fills in the rest. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * resolveChoices({ backoff: { first: 0 } }).backoff.longestMs; // 60_000
 * ```
 */
export function resolveChoices(choices: MappingChoices = {}): ResolvedChoices {
  const path = 'mapping.choices';
  const { backoff = {} } = choices;
  const factor = backoff.factor ?? 2;
  if (!(factor >= 1)) throw optionError(`${path}.backoff.factor`, factor, 'a number of at least 1');
  return Object.freeze({
    backoff: {
      firstMs: toMilliseconds(backoff.first ?? 250, `${path}.backoff.first`),
      factor,
      longestMs: toMilliseconds(backoff.longest ?? 60_000, `${path}.backoff.longest`),
    },
    attemptsAfterBisect: choices.attemptsAfterBisect ?? 'restart',
    polling: choices.polling ?? 'interval',
    pollMs: toMilliseconds(choices.pollInterval ?? 1000, `${path}.pollInterval`),
    shardMs: toMilliseconds(choices.shardInterval ?? 10_000, `${path}.shardInterval`),
    maxPayloadBytes: integerOption(
      `${path}.maxPayloadBytes`,
      choices.maxPayloadBytes ?? 6_291_456,
      1024,
      1024 ** 3,
    ),
    readAhead: integerOption(`${path}.readAhead`, choices.readAhead ?? 20_000, 1, 10_000_000),
    eventSourceArn: choices.eventSourceArn,
    allowParallelWindows: choices.allowParallelWindows ?? false,
    windowIdleMs: toMilliseconds(choices.windowIdle ?? 120_000, `${path}.windowIdle`),
    s3Payload: choices.s3Payload ?? 'text',
    numberEquality: choices.numberEquality ?? 'text',
    transitionMs: toMilliseconds(choices.transition ?? 0, `${path}.transition`),
  });
}
