import { isObject } from '@millrace/kinesis/runtime';

import type { ResolvedChoices } from './choices.ts';
import { PatternError } from './filter/condition.ts';
import { compileFilter, usualFilters } from './filter/criteria.ts';
import { invalidParameter, type LambdaError } from './lambda-error.ts';
import {
  acceptCreate,
  acceptUpdate,
  type CreateRequest,
  type SharedRequest,
  type UpdateRequest,
} from './mapping-request.ts';
import type { MappingSettings, StartingPosition } from './settings.ts';

/** What there is besides the mapping. Each throws a `LambdaError` for what there is not. */
export interface SettingsContext {
  readonly choices: ResolvedChoices;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Whether a mapping may have no more filters than an account has without asking. */
  readonly enforceLimits: boolean;
  /** The ARN of the function, with the qualifier it was named with. */
  readonly functionArn: (name: string) => string;
  readonly checkEventSource: (arn: string) => void;
}

/** The settings of a new mapping. Throws `LambdaError` in the service's words. */
export function createSettings(input: unknown, context: SettingsContext): MappingSettings {
  refuseForeign(input);
  const request = acceptCreate(input);
  if (request.EventSourceArn === undefined || request.EventSourceArn === null) {
    throw invalidParameter('Unrecognized event source.');
  }
  if (!/^arn:aws[a-zA-Z-]*:kinesis:/.test(request.EventSourceArn)) {
    throw invalidParameter('Unrecognized event source.', 'This Lambda reads Kinesis streams only.');
  }
  const start = startOf(request, context.now);
  const settings = merge(defaults, request, context);
  const FunctionArn = context.functionArn(request.FunctionName);
  context.checkEventSource(request.EventSourceArn);
  return { EventSourceArn: request.EventSourceArn, FunctionArn, ...start, ...settings };
}

/** An update as the service model has it, whatever mapping it is of. As {@link createSettings}. */
export function readUpdate(input: unknown): UpdateRequest {
  refuseForeign(input);
  return acceptUpdate(input);
}

/** The settings of a mapping after an update: what is not named stays. Throws `LambdaError`. */
export function updateSettings(
  current: MappingSettings,
  request: UpdateRequest,
  context: SettingsContext,
): MappingSettings {
  const { FunctionName: name } = request;
  const FunctionArn = name === undefined || name === null ? current.FunctionArn : context.functionArn(name);
  // What an update takes away is not there afterwards, so the old settings are not the ground to build on.
  const { EventSourceArn, StartingPosition, StartingPositionTimestamp: timestamp } = current;
  return {
    EventSourceArn,
    FunctionArn,
    StartingPosition,
    ...optional('StartingPositionTimestamp', timestamp),
    ...merge(current, request, context),
  };
}

type Mutable = Omit<
  MappingSettings,
  'EventSourceArn' | 'FunctionArn' | 'StartingPosition' | 'StartingPositionTimestamp'
>;

const defaults: Mutable = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  ParallelizationFactor: 1,
  MaximumRetryAttempts: -1,
  MaximumRecordAgeInSeconds: -1,
  BisectBatchOnFunctionError: false,
  FunctionResponseTypes: [],
  DestinationConfig: { OnFailure: {} },
  TumblingWindowInSeconds: 0,
  Enabled: true,
};

/** Those of the Lambda API that Kinesis has no use for. */
const foreign = [
  'AmazonManagedKafkaEventSourceConfig',
  'DocumentDBEventSourceConfig',
  'LoggingConfig',
  'ProvisionedPollerConfig',
  'Queues',
  'ScalingConfig',
  'SelfManagedEventSource',
  'SelfManagedKafkaEventSourceConfig',
  'SourceAccessConfigurations',
  'Topics',
];

function refuseForeign(input: unknown): void {
  if (!isObject(input)) return;
  const { DestinationConfig: destinations } = input;
  if (isObject(destinations) && (destinations['OnSuccess'] ?? undefined) !== undefined) {
    throw unsupported('DestinationConfig');
  }
  for (const name of foreign) if ((input[name] ?? undefined) !== undefined) throw unsupported(name);
}

function unsupported(name: string): LambdaError {
  return invalidParameter(`Unsupported ${name} parameter for given event source mapping type.`);
}

function startOf(
  request: CreateRequest,
  now: number,
): { readonly StartingPosition: StartingPosition; readonly StartingPositionTimestamp?: number } {
  const { StartingPosition: position, StartingPositionTimestamp: timestamp } = request;
  if (position === undefined || position === null) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: " +
        'Member must not be null.',
    );
  }
  const given = timestamp !== undefined && timestamp !== null;
  if (position === 'AT_TIMESTAMP') {
    if (!given)
      throw invalidParameter('StartingPositionTimestamp is required when StartingPosition is AT_TIMESTAMP.');
    if (timestamp * 1000 > now)
      throw invalidParameter('StartingPositionTimestamp must not be in the future.');
    return { StartingPosition: position, StartingPositionTimestamp: timestamp };
  }
  if (given) {
    throw invalidParameter('StartingPositionTimestamp is valid only when StartingPosition is AT_TIMESTAMP.');
  }
  return { StartingPosition: position };
}

function merge(current: Mutable, request: SharedRequest, context: SettingsContext): Mutable {
  const merged: Mutable = {
    BatchSize: Math.trunc(request.BatchSize ?? current.BatchSize),
    MaximumBatchingWindowInSeconds: Math.trunc(
      request.MaximumBatchingWindowInSeconds ?? current.MaximumBatchingWindowInSeconds,
    ),
    ParallelizationFactor: Math.trunc(request.ParallelizationFactor ?? current.ParallelizationFactor),
    MaximumRetryAttempts: Math.trunc(request.MaximumRetryAttempts ?? current.MaximumRetryAttempts),
    MaximumRecordAgeInSeconds: Math.trunc(
      request.MaximumRecordAgeInSeconds ?? current.MaximumRecordAgeInSeconds,
    ),
    BisectBatchOnFunctionError: request.BisectBatchOnFunctionError ?? current.BisectBatchOnFunctionError,
    FunctionResponseTypes: request.FunctionResponseTypes ?? current.FunctionResponseTypes,
    DestinationConfig: destinationOf(current, request),
    TumblingWindowInSeconds: Math.trunc(request.TumblingWindowInSeconds ?? current.TumblingWindowInSeconds),
    Enabled: request.Enabled ?? current.Enabled,
    ...optional('FilterCriteria', filtersOf(current, request)),
    ...optional('KMSKeyArn', (request.KMSKeyArn ?? current.KMSKeyArn) || undefined),
    ...optional('MetricsConfig', metricsOf(current, request)),
  };
  checkTogether(merged, context);
  return merged;
}

function optional<K extends string, V>(name: K, value: V | undefined): { readonly [N in K]?: V } {
  const members: { [N in K]?: V } = {};
  if (value !== undefined) members[name] = value;
  return members;
}

/** An empty text takes a destination away. */
function destinationOf(current: Mutable, request: SharedRequest): Mutable['DestinationConfig'] {
  const given = request.DestinationConfig?.OnFailure?.Destination;
  if (request.DestinationConfig === undefined || request.DestinationConfig === null) {
    return current.DestinationConfig;
  }
  return { OnFailure: given === undefined || given === null || given === '' ? {} : { Destination: given } };
}

/** An empty list takes every filter away. */
function filtersOf(current: Mutable, request: SharedRequest): Mutable['FilterCriteria'] {
  const { FilterCriteria: criteria } = request;
  if (criteria === undefined || criteria === null) return current.FilterCriteria;
  const filters = criteria.Filters ?? [];
  if (filters.length === 0) return undefined;
  return { Filters: filters.map(({ Pattern: pattern }) => ({ Pattern: pattern ?? '' })) };
}

function metricsOf(current: Mutable, request: SharedRequest): Mutable['MetricsConfig'] {
  const { MetricsConfig: config } = request;
  return config === undefined || config === null ? current.MetricsConfig : { Metrics: config.Metrics ?? [] };
}

/** Once AWS has raised the quota of an account as far as it does. */
const mostFilters = 10;

/** Of a queue, a topic or a bucket: what lacks a part would be found out with the first failure, and lose it. */
const destinationPattern = /^arn:aws[a-zA-Z-]*:(?:(?:sqs|sns):[a-z0-9-]+:\d{12}|s3::):[\w.-]+$/;

function checkTogether(settings: Mutable, { choices, enforceLimits }: SettingsContext): void {
  const { MaximumRecordAgeInSeconds: age } = settings;
  if (age >= 0 && age < 60) {
    throw invalidParameter('MaximumRecordAgeInSeconds must be -1 or at least 60.');
  }
  const { FilterCriteria: { Filters: filters = [] } = {} } = settings;
  const most = enforceLimits ? usualFilters : mostFilters;
  if (filters.length > most) {
    throw invalidParameter(
      `FilterCriteria has ${filters.length} filters; a mapping has at most ${most}.`,
      `AWS gives a mapping ${usualFilters}, and ${mostFilters} to those who ask.`,
    );
  }
  try {
    compileFilter(filters.map(({ Pattern: pattern }) => pattern));
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw invalidParameter('Invalid filter pattern definition.', error.message);
  }
  const { Destination: destination = '' } = settings.DestinationConfig.OnFailure;
  if (destination !== '' && !destinationPattern.test(destination)) {
    throw invalidParameter(
      'Unsupported destination for given event source mapping type.',
      'A Kinesis mapping sends failures to a queue of SQS, a topic of SNS or a bucket of S3, each by its whole ARN.',
    );
  }
  const other = settings.MetricsConfig?.Metrics.find((metric) => metric !== 'EventCount');
  if (other !== undefined) {
    throw invalidParameter(
      'Unsupported MetricsConfig parameter for given event source mapping type.',
      `${other} is of Kafka only.`,
    );
  }
  if (
    settings.TumblingWindowInSeconds > 0 &&
    settings.ParallelizationFactor > 1 &&
    !choices.allowParallelWindows
  ) {
    throw invalidParameter(
      'TumblingWindowInSeconds cannot be used together with a ParallelizationFactor greater than 1.',
      'AWS documents nothing of the two together. To give each lane windows of its own, set choices.allowParallelWindows.',
    );
  }
}
