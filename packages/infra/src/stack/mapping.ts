import { integerOption, optionError } from '@millrace/kinesis/runtime';

import { isExpression, whenGiven, type Expression, type Numeric, type Value } from '../template/value.ts';
import { checkNumber } from './check.ts';
import type { StreamReference } from './stream.ts';
import { mustBeUnsafe } from './unsafe.ts';

/**
 * How Lambda reads the stream and what it does with failures: every property an event source mapping has for Kinesis.
 *
 * @see {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html}
 */
export interface MappingOptions {
  /** Where reading begins, once: `oldest` (default), `now`, or an ISO time. */
  readonly from?: string;
  /** Largest batch, records, 1 to 10,000. Default 100. */
  readonly batchSize?: Numeric;
  /** How long a batch may fill, seconds, 0 to 300. Default 0. */
  readonly batchWindowSeconds?: number;
  /** Batches of one shard in flight at once, 1 to 10; each key stays in order. Default 1. */
  readonly parallelization?: Numeric;
  /** Tries after the first, 0 to 10,000. Default 10; -1 tries until the records are too old. */
  readonly maxRetries?: number;
  /** Records older are set aside, seconds, 60 to 604,800. Default 43,200: half of the shortest retention; -1 is never. */
  readonly maxRecordAgeSeconds?: number;
  /** Whether a failed batch is tried in halves, so that one bad record is found. Default true. */
  readonly bisect?: boolean;
  /** Whether the function's `batchItemFailures` are heeded. Default true. */
  readonly reportBatchItemFailures?: boolean;
  /** Window of a running aggregate, seconds, 0 to 900. Default 0: none. */
  readonly tumblingWindowSeconds?: number;
  /**
   * Up to 10 patterns on the record's `data`, or a parameter that has one as JSON text and none when it is empty; a
   * record that matches none is skipped, one that is no JSON too.
   */
  readonly filters?: readonly Readonly<Record<string, Value>>[] | Expression;
  /** ARN of the KMS key that encrypts the patterns. */
  readonly filterKmsKeyArn?: string;
  /** Default true; false pauses it, and its place is kept. */
  readonly enabled?: boolean;
  readonly unsafe?: MappingPermissions;
}

/** What may lose records, and must be meant. */
export interface MappingPermissions {
  /** Permits `from: 'now'`: records written before the mapping is up are never read. */
  readonly skipExistingRecords?: boolean;
  /** Permits `reportBatchItemFailures: false`: failures the function reports are taken for success. */
  readonly ignorePartialFailures?: boolean;
  /** Permits `bisect: false`: one bad record condemns its whole batch. */
  readonly condemnWholeBatches?: boolean;
  /** Permits `maxRetries: -1` with `maxRecordAgeSeconds: -1`: one bad record holds its shard up for the whole retention. */
  readonly blockShards?: boolean;
  /** Permits `failures: 'none'`: what cannot be processed is dropped. */
  readonly dropFailedRecords?: boolean;
}

export const mappingMembers: readonly (keyof MappingOptions)[] = [
  'from',
  'batchSize',
  'batchWindowSeconds',
  'parallelization',
  'maxRetries',
  'maxRecordAgeSeconds',
  'bisect',
  'reportBatchItemFailures',
  'tumblingWindowSeconds',
  'filters',
  'filterKmsKeyArn',
  'enabled',
  'unsafe',
];

/** The mapping's properties but for its source, function and destination. Throws `OPTION_INVALID`. */
export function mappingProperties(
  path: string,
  options: MappingOptions,
  stream: StreamReference,
): Readonly<Record<string, Value>> {
  const {
    parallelization = 1,
    maxRetries = 10,
    maxRecordAgeSeconds = 43_200,
    tumblingWindowSeconds = 0,
    filters = [],
    bisect = true,
    reportBatchItemFailures = true,
  } = options;
  const at: PathOf = (name) => `${path}.${name}`;
  checkLosses(at, { bisect, reportBatchItemFailures, maxRetries, maxRecordAgeSeconds }, options.unsafe);
  if (tumblingWindowSeconds > 0 && parallelization !== 1) {
    throw optionError(
      at('parallelization'),
      parallelization,
      '1 with a tumbling window: its state is one a shard',
    );
  }
  checkAge(at('maxRecordAgeSeconds'), maxRecordAgeSeconds, stream);
  return {
    ...startingPosition(at('from'), options),
    BatchSize: checkNumber(at('batchSize'), options.batchSize ?? 100, 1, 10_000),
    MaximumBatchingWindowInSeconds: integerOption(
      at('batchWindowSeconds'),
      options.batchWindowSeconds ?? 0,
      0,
      300,
    ),
    ParallelizationFactor: checkNumber(at('parallelization'), parallelization, 1, 10),
    MaximumRetryAttempts: integerOption(at('maxRetries'), maxRetries, -1, 10_000),
    MaximumRecordAgeInSeconds: maxRecordAgeSeconds,
    BisectBatchOnFunctionError: bisect,
    ...(reportBatchItemFailures && { FunctionResponseTypes: ['ReportBatchItemFailures'] }),
    ...(tumblingWindowSeconds !== 0 && {
      TumblingWindowInSeconds: integerOption(at('tumblingWindowSeconds'), tumblingWindowSeconds, 0, 900),
    }),
    ...filterCriteria(at('filters'), filters),
    ...(options.filterKmsKeyArn !== undefined && { KmsKeyArn: options.filterKmsKeyArn }),
    MetricsConfig: { Metrics: ['EventCount'] },
    Enabled: options.enabled ?? true,
  };
}

/** Where an option stands, for messages. */
type PathOf = (name: keyof MappingOptions) => string;

/** Refuses settings that lose records, unless each is meant. */
function checkLosses(
  at: PathOf,
  { bisect, reportBatchItemFailures, maxRetries, maxRecordAgeSeconds }: LossSettings,
  unsafe: MappingPermissions | undefined,
): void {
  if (!bisect) {
    mustBeUnsafe(unsafe, 'condemnWholeBatches', {
      path: at('bisect'),
      got: false,
      loses: 'one bad record sends its whole batch to the failure destination.',
      instead: 'true',
    });
  }
  if (!reportBatchItemFailures) {
    mustBeUnsafe(unsafe, 'ignorePartialFailures', {
      path: at('reportBatchItemFailures'),
      got: false,
      loses: 'records the function reports as failed are taken for done and lost.',
      instead: 'true',
    });
  }
  if (maxRetries === -1 && maxRecordAgeSeconds === -1) {
    mustBeUnsafe(unsafe, 'blockShards', {
      path: at('maxRetries'),
      got: '-1 without a largest age',
      loses:
        'one bad record holds its shard up until the retention ends, and then records behind it are lost.',
      instead: '0 to 10,000, or maxRecordAgeSeconds',
    });
  }
}

type LossSettings = Required<
  Pick<MappingOptions, 'bisect' | 'reportBatchItemFailures' | 'maxRetries' | 'maxRecordAgeSeconds'>
>;

function startingPosition(path: string, options: MappingOptions): Readonly<Record<string, Value>> {
  const { from = 'oldest' } = options;
  if (from === 'oldest') return { StartingPosition: 'TRIM_HORIZON' };
  if (from === 'now') {
    mustBeUnsafe(options.unsafe, 'skipExistingRecords', {
      path,
      got: 'now',
      loses: 'records written before the mapping is up, now or when it is made again, are never read.',
      instead: "'oldest' or an ISO time",
    });
    return { StartingPosition: 'LATEST' };
  }
  const time = Date.parse(from);
  if (!/^\d{4}-\d\d-\d\d/.test(from) || Number.isNaN(time)) {
    throw optionError(path, from, "'oldest', 'now' or an ISO time such as 2026-11-23T10:00:00Z");
  }
  return { StartingPosition: 'AT_TIMESTAMP', StartingPositionTimestamp: time / 1000 };
}

function checkAge(path: string, seconds: number, { retentionHours }: StreamReference): void {
  if (seconds === -1) return;
  integerOption(path, seconds, 60, 604_800);
  if (typeof retentionHours === 'number' && seconds >= retentionHours * 3600) {
    throw optionError(
      path,
      seconds,
      `less than the retention of ${retentionHours} h: the destination gets pointers to records that must still be there`,
    );
  }
}

function filterCriteria(
  path: string,
  filters: NonNullable<MappingOptions['filters']>,
): Readonly<Record<string, Value>> {
  if (isExpression(filters)) {
    if (filters.expr !== 'parameter') throw optionError(path, filters.expr, 'patterns, or a parameter');
    return { FilterCriteria: whenGiven(filters.name, { Filters: [{ Pattern: filters }] }) };
  }
  if (filters.length === 0) return {};
  if (filters.length > 10) throw optionError(path, `${filters.length} patterns`, 'up to 10');
  for (const [index, filter] of filters.entries()) {
    const strange = Object.keys(filter).find((key) => key !== 'data');
    if (strange !== undefined) {
      throw optionError(
        `${path}[${index}]`,
        strange,
        'patterns on data alone: the rest of a record cannot be filtered',
      );
    }
  }
  return { FilterCriteria: { Filters: filters.map((filter) => ({ Pattern: JSON.stringify(filter) })) } };
}
