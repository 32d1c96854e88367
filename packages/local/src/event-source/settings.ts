/** The settings of a mapping with every default filled in, under AWS's names. */
export interface MappingSettings {
  readonly EventSourceArn: string;
  /** With the qualifier it was given with. */
  readonly FunctionArn: string;
  readonly StartingPosition: StartingPosition;
  /** Seconds since the epoch; with `AT_TIMESTAMP`. */
  readonly StartingPositionTimestamp?: number;
  /** 1 to 10,000. Default 100. */
  readonly BatchSize: number;
  /** 0 to 300. Default 0. */
  readonly MaximumBatchingWindowInSeconds: number;
  /** 1 to 10. Default 1. */
  readonly ParallelizationFactor: number;
  /** −1 (default, until the records expire) to 10,000. */
  readonly MaximumRetryAttempts: number;
  /** −1 (default, as long as the stream keeps them), or 60 to 604,800. */
  readonly MaximumRecordAgeInSeconds: number;
  /** Default false. */
  readonly BisectBatchOnFunctionError: boolean;
  readonly FunctionResponseTypes: readonly 'ReportBatchItemFailures'[];
  readonly DestinationConfig: { readonly OnFailure: { readonly Destination?: string } };
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
  readonly KMSKeyArn?: string;
  /** 0 (default, off) to 900. */
  readonly TumblingWindowInSeconds: number;
  readonly MetricsConfig?: { readonly Metrics: readonly string[] };
  /** Default true. */
  readonly Enabled: boolean;
}

export type StartingPosition = 'LATEST' | 'AT_TIMESTAMP' | 'TRIM_HORIZON';

/** The settings a program gives, under AWS's names; see {@link MappingSettings} for ranges and defaults. */
export type MappingInput = Partial<
  Omit<MappingSettings, 'DestinationConfig' | 'EventSourceArn' | 'FunctionArn'>
> & {
  /** Where records go that are given up: the ARN of a queue, topic or bucket. */
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
  /** The consumer to read through, for enhanced fan-out. Default: the stream. */
  readonly EventSourceArn?: string;
};
