/**
 * What an event source mapping hands a function: records of one shard, in order. Written down here so that nobody has to
 * install `@types/aws-lambda`; its types and these fit each other.
 * See {@link https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html}.
 */
export interface KinesisEvent {
  readonly Records: readonly KinesisEventRecord[];
}

/** One stored record of the event; it may be a KPL aggregate of many. */
export interface KinesisEventRecord {
  /** `<shard id>:<sequence number>`. */
  readonly eventID: string;
  readonly eventSourceARN: string;
  readonly kinesis: {
    readonly partitionKey: string;
    readonly sequenceNumber: string;
    /** Base64. */
    readonly data: string;
    /** Seconds since the epoch, with milliseconds behind the point. */
    readonly approximateArrivalTimestamp: number;
    readonly kinesisSchemaVersion?: string;
    readonly encryptionType?: string;
  };
  readonly eventName?: string;
  readonly eventSource?: string;
  readonly eventVersion?: string;
  /** The function's execution role. */
  readonly invokeIdentityArn?: string;
  readonly awsRegion?: string;
}

/** What a mapping with a tumbling window hands a function. `S` is a JSON object. */
export interface KinesisWindowEvent<S extends object = object> extends KinesisEvent {
  /** ISO 8601, whole seconds. */
  readonly window: { readonly start: string; readonly end: string };
  /** What the invocation before answered; absent or empty in the first of a window. */
  readonly state?: Partial<S> | undefined;
  readonly isFinalInvokeForWindow: boolean;
  /** The state had outgrown 1 MB. */
  readonly isWindowTerminatedEarly: boolean;
  readonly shardId?: string;
  readonly eventSourceARN?: string;
}

/** The part of Lambda's context that is used. */
export interface LambdaContext {
  readonly awsRequestId: string;
  /** Milliseconds until Lambda ends the invocation. */
  getRemainingTimeInMillis(): number;
}

/**
 * Which records failed. The mapping checkpoints all before the lowest sequence number here and sends everything from there
 * on again; an empty list is full success. It is read only when the mapping has `ReportBatchItemFailures` among its
 * `FunctionResponseTypes`.
 */
export interface BatchResponse {
  batchItemFailures: { itemIdentifier: string }[];
}

/** The answer of a function with a tumbling window; without `state` Lambda counts it as failed. */
export interface WindowResponse<S extends object = object> extends BatchResponse {
  state: S;
}

/** A function for an event source mapping. In a test the context may be left out: there is no deadline then. */
export type KinesisHandler<C extends LambdaContext = LambdaContext> = (
  event: KinesisEvent,
  context?: C,
) => Promise<BatchResponse>;

/** A function for an event source mapping with a tumbling window. */
export type KinesisWindowHandler<S extends object = object, C extends LambdaContext = LambdaContext> = (
  event: KinesisWindowEvent<S>,
  context?: C,
) => Promise<WindowResponse<S>>;
