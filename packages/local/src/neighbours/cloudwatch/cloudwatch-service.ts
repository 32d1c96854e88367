import type { Clock } from '@millrace/kinesis/runtime';

import { isServiceError } from '../../engine/service-error.ts';
import type { WireRequest, WireResponse } from '../../wire/message.ts';
import { createRequestIds } from '../../wire/request-ids.ts';
import { Alarms } from './alarms.ts';
import { CloudwatchError, type CloudwatchErrorType } from './cloudwatch-error.ts';
import { Input } from './input.ts';
import { putMetricData } from './metric-data.ts';
import type { MetricStore } from './metric-store.ts';
import { getMetricData, getMetricStatistics, listMetrics } from './metrics-api.ts';
import { openExchange, type Exchange } from './protocol.ts';

export interface CloudwatchOptions {
  readonly store: MetricStore;
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** Refuses a request that is not signed as it must be, by throwing a `ServiceError`. */
  readonly authorize: (request: WireRequest) => void;
  /** Refuses what the caller is not allowed to do, by throwing a `ServiceError`. */
  readonly permit?: ((operation: string, input: unknown) => void) | undefined;
}

export interface CloudwatchService {
  answer(request: WireRequest): WireResponse;
  close(): void;
}

/** Answers the operations; see {@link createCloudwatch}. */
export function createCloudwatchService(options: CloudwatchOptions): CloudwatchService {
  const { store, clock, authorize, permit } = options;
  const alarms = new Alarms(options);
  const ids = createRequestIds(clock);
  const operations: Readonly<Record<string, ((input: Input) => object | undefined) | undefined>> = {
    PutMetricData: (input) => nothing(putMetricData(store, input, clock.now())),
    GetMetricData: (input) => getMetricData(store, input),
    GetMetricStatistics: (input) => getMetricStatistics(store, input),
    ListMetrics: (input) => listMetrics(store, input, clock.now()),
    PutMetricAlarm: (input) => nothing(alarms.put(input)),
    DescribeAlarms: (input) => alarms.describe(input),
    DescribeAlarmsForMetric: (input) => alarms.describeForMetric(input),
    DescribeAlarmHistory: (input) => alarms.history(input),
    DeleteAlarms: (input) => nothing(alarms.delete(input)),
    SetAlarmState: (input) => nothing(alarms.setState(input)),
    EnableAlarmActions: (input) => nothing(alarms.enableActions(input, true)),
    DisableAlarmActions: (input) => nothing(alarms.enableActions(input, false)),
  };
  const perform = (exchange: Exchange, request: WireRequest): object | undefined => {
    authorize(request);
    const operation = Object.hasOwn(operations, exchange.operation)
      ? operations[exchange.operation]
      : undefined;
    if (operation !== undefined) {
      const input = exchange.decode();
      permit?.(exchange.operation, input);
      return operation(new Input(input));
    }
    throw new CloudwatchError(
      'UnknownOperationException',
      `The embedded CloudWatch does not answer ${exchange.operation}; it answers ${Object.keys(operations).join(', ')}.`,
    );
  };
  return {
    answer(request) {
      const requestId = ids.next();
      const exchange = openExchange(request);
      if (exchange === undefined) return notFound;
      try {
        return exchange.succeed(perform(exchange, request), requestId);
      } catch (error) {
        return exchange.fail(toCloudwatchError(error), requestId);
      }
    },
    close: () => alarms.close(),
  };
}

const notFound: WireResponse = { status: 404, headers: {}, body: '' };

function nothing(_done: void): undefined {
  return undefined;
}

function toCloudwatchError(error: unknown): CloudwatchError {
  if (error instanceof CloudwatchError) return error;
  if (isServiceError(error))
    return new CloudwatchError(signatureErrors[error.type] ?? 'AccessDeniedException', error.message);
  return new CloudwatchError(
    'InternalServiceFault',
    'The embedded CloudWatch failed; this is a defect of it.',
  );
}

const signatureErrors: Readonly<Record<string, CloudwatchErrorType | undefined>> = {
  IncompleteSignatureException: 'IncompleteSignatureException',
  InvalidSignatureException: 'InvalidSignatureException',
  MissingAuthenticationTokenException: 'MissingAuthenticationTokenException',
  UnrecognizedClientException: 'UnrecognizedClientException',
};
