import {
  GetFunctionConfigurationCommand,
  ListEventSourceMappingsCommand,
  type EventSourceMappingConfiguration,
  type LambdaClient,
} from '@aws-sdk/client-lambda';

import { abortable, call, pages, type CallOptions } from './call.ts';

/** An event source mapping: Lambda reading a stream. Limits that are −1 with Lambda (none) are undefined. */
export interface Mapping {
  readonly id: string;
  /** Name of the function. */
  readonly functionName: string;
  /** Enabled, Disabled, Creating, … */
  readonly state: string;
  /** For example `OK` or `PROBLEM: Function call failed`. */
  readonly lastResult: string;
  readonly startingPosition: string;
  readonly reportsBatchItemFailures: boolean;
  readonly bisects: boolean;
  readonly maxRetries: number | undefined;
  readonly maxRecordAgeSeconds: number | undefined;
  /** Where batches go that failed for good. */
  readonly failureDestination: string | undefined;
  /** Of a stream, or of a fan-out consumer of it. */
  readonly sourceArn: string;
}

/** Lambda's event source mappings. Every method throws a `MillraceError`. */
export interface Mappings {
  /** Those of a stream or a fan-out consumer, by its ARN. */
  list(sourceArn: string, options?: CallOptions): Promise<readonly Mapping[]>;
  /** The timeout of a function. */
  timeoutSeconds(functionName: string, options?: CallOptions): Promise<number>;
}

/** The mappings on an SDK client. */
export function createMappings(client: Pick<LambdaClient, 'send'>): Mappings {
  return {
    list: (sourceArn, { signal } = {}) =>
      call({ operation: 'ListEventSourceMappings' }, () =>
        pages(async (token) => {
          const command = new ListEventSourceMappingsCommand({ EventSourceArn: sourceArn, Marker: token });
          const { EventSourceMappings = [], NextMarker } = await client.send(command, abortable(signal));
          return { items: EventSourceMappings.map(toMapping), next: NextMarker };
        }),
      ),
    timeoutSeconds: (functionName, { signal } = {}) =>
      call({ operation: 'GetFunctionConfiguration' }, async () => {
        const command = new GetFunctionConfigurationCommand({ FunctionName: functionName });
        const { Timeout = 3 } = await client.send(command, abortable(signal));
        return Timeout;
      }),
  };
}

function toMapping(found: EventSourceMappingConfiguration): Mapping {
  return {
    id: found.UUID ?? '',
    functionName: /:function:([^:]+)/.exec(found.FunctionArn ?? '')?.[1] ?? '',
    state: found.State ?? 'Unknown',
    lastResult: found.LastProcessingResult ?? '',
    startingPosition: found.StartingPosition ?? '',
    reportsBatchItemFailures: found.FunctionResponseTypes?.includes('ReportBatchItemFailures') ?? false,
    bisects: found.BisectBatchOnFunctionError ?? false,
    maxRetries: limit(found.MaximumRetryAttempts),
    maxRecordAgeSeconds: limit(found.MaximumRecordAgeInSeconds),
    failureDestination: found.DestinationConfig?.OnFailure?.Destination,
    sourceArn: found.EventSourceArn ?? '',
  };
}

function limit(value: number | undefined): number | undefined {
  return value === undefined || value < 0 ? undefined : value;
}
