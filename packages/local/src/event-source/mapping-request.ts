import { accept } from '../api/accept.ts';
import { required, structure, type Shape, type ValueOf } from '../api/shape.ts';
import { isServiceError } from '../engine/service-error.ts';
import { functionNamePattern, regionPattern } from './function-name.ts';
import { LambdaError } from './lambda-error.ts';
import type { StartingPosition } from './settings.ts';

type Given<T> = T | null | undefined;

/** What both requests may hold. */
export interface SharedRequest {
  readonly BatchSize: Given<number>;
  readonly MaximumBatchingWindowInSeconds: Given<number>;
  readonly ParallelizationFactor: Given<number>;
  readonly MaximumRetryAttempts: Given<number>;
  readonly MaximumRecordAgeInSeconds: Given<number>;
  readonly BisectBatchOnFunctionError: Given<boolean>;
  readonly FunctionResponseTypes: Given<readonly 'ReportBatchItemFailures'[]>;
  readonly DestinationConfig: Given<{ readonly OnFailure: Given<{ readonly Destination: Given<string> }> }>;
  readonly FilterCriteria: Given<{
    readonly Filters: Given<readonly { readonly Pattern: Given<string> }[]>;
  }>;
  readonly KMSKeyArn: Given<string>;
  readonly TumblingWindowInSeconds: Given<number>;
  readonly MetricsConfig: Given<{ readonly Metrics: Given<readonly string[]> }>;
  readonly Enabled: Given<boolean>;
}

/** See {@link https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html}. */
export interface CreateRequest extends SharedRequest {
  readonly FunctionName: string;
  readonly EventSourceArn: Given<string>;
  readonly StartingPosition: Given<StartingPosition>;
  /** Seconds since the epoch. */
  readonly StartingPositionTimestamp: Given<number>;
}

/** See {@link https://docs.aws.amazon.com/lambda/latest/api/API_UpdateEventSourceMapping.html}. */
export interface UpdateRequest extends SharedRequest {
  readonly FunctionName: Given<string>;
}

/** See {@link https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html}. */
export interface ListRequest {
  readonly EventSourceArn: Given<string>;
  readonly FunctionName: Given<string>;
}

/** Throws `LambdaError` for what breaks the service model, in its words. */
export function acceptCreate(input: unknown): CreateRequest {
  return check(createShape, input);
}

/** As {@link acceptCreate}. */
export function acceptUpdate(input: unknown): UpdateRequest {
  return check(updateShape, input);
}

/** As {@link acceptCreate}. */
export function acceptList(input: unknown): ListRequest {
  return check(listShape, input);
}

function check<S extends Shape>(shape: S, input: unknown): ValueOf<S> {
  try {
    return accept(shape, input);
  } catch (error) {
    if (!isServiceError(error)) throw error;
    const type = error.type === 'SerializationException' ? error.type : 'ValidationException';
    throw new LambdaError(type, error.message);
  }
}

const arnPattern = `arn:(aws[a-zA-Z0-9-]*):([a-zA-Z0-9\\-])+:(${regionPattern})?:(\\d{12})?:(.*)`;

const destination = {
  type: 'string',
  min: 0,
  max: 350,
  pattern: `$|kafka://([^.]([a-zA-Z0-9\\-_.]{0,248}))|${arnPattern}`,
} as const;

/** Members that both requests have, as the service model constrains them. */
const shared = {
  BatchSize: { type: 'integer', min: 1, max: 10_000 },
  MaximumBatchingWindowInSeconds: { type: 'integer', min: 0, max: 300 },
  ParallelizationFactor: { type: 'integer', min: 1, max: 10 },
  MaximumRetryAttempts: { type: 'integer', min: -1, max: 10_000 },
  MaximumRecordAgeInSeconds: { type: 'integer', min: -1, max: 604_800 },
  BisectBatchOnFunctionError: { type: 'boolean' },
  FunctionResponseTypes: {
    type: 'list',
    item: { type: 'string', values: ['ReportBatchItemFailures'] },
    min: 0,
    max: 1,
  },
  DestinationConfig: structure({
    OnSuccess: structure({ Destination: destination }),
    OnFailure: structure({ Destination: destination }),
  }),
  FilterCriteria: structure({
    Filters: { type: 'list', item: structure({ Pattern: { type: 'string', min: 0, max: 4096 } }) },
  }),
  KMSKeyArn: { type: 'string', pattern: '(arn:(aws[a-zA-Z-]*)?:[a-z0-9-.]+:.*)|()' },
  TumblingWindowInSeconds: { type: 'integer', min: 0, max: 900 },
  MetricsConfig: structure({
    Metrics: {
      type: 'list',
      item: { type: 'string', values: ['EventCount', 'ErrorCount', 'KafkaMetrics'] },
      min: 0,
      max: 3,
    },
  }),
  Enabled: { type: 'boolean' },
} as const;

const functionName = { type: 'string', min: 1, max: 256, pattern: functionNamePattern } as const;

const eventSource = { type: 'string', pattern: arnPattern } as const;

const createShape = structure({
  FunctionName: required(functionName),
  EventSourceArn: eventSource,
  StartingPosition: { type: 'string', values: ['LATEST', 'AT_TIMESTAMP', 'TRIM_HORIZON'] },
  StartingPositionTimestamp: { type: 'timestamp' },
  Tags: { type: 'map', key: { type: 'string' }, value: { type: 'string' } },
  ...shared,
});

const updateShape = structure({ FunctionName: functionName, ...shared });

const listShape = structure({ EventSourceArn: eventSource, FunctionName: functionName });
