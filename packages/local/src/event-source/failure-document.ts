import type { DropCondition, RetryRecord } from './retry.ts';

/** What is told of records given up. */
export interface Failure {
  readonly condition: Exclude<DropCondition, 'RetentionExpired'>;
  readonly approximateInvokeCount: number;
  /** Null when the batch was failed through its response. */
  readonly functionError: string | null;
  /** Of the last invocation. */
  readonly requestId: string;
  readonly functionArn: string;
  readonly shardId: string;
  readonly streamArn: string;
  readonly first: RetryRecord;
  readonly last: RetryRecord;
  readonly batchSize: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** The message a queue or topic gets. */
export interface FailureDocument {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: Failure['condition'];
    readonly approximateInvokeCount: number;
  };
  /** Not there for records that grew too old. */
  readonly responseContext?: {
    readonly statusCode: 200;
    readonly executedVersion: string;
    readonly functionError: string | null;
  };
  readonly version: '1.0';
  readonly timestamp: string;
  readonly KinesisBatchInfo: {
    readonly shardId: string;
    readonly startSequenceNumber: string;
    readonly endSequenceNumber: string;
    readonly approximateArrivalOfFirstRecord: string;
    readonly approximateArrivalOfLastRecord: string;
    readonly batchSize: number;
    readonly streamArn: string;
  };
}

/**
 * The document of a failure, members in AWS's order. See
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html}.
 */
export function toFailureDocument(failure: Failure): FailureDocument {
  const { requestId, functionArn, condition, approximateInvokeCount, functionError } = failure;
  return {
    requestContext: { requestId, functionArn, condition, approximateInvokeCount },
    ...(condition === 'RecordAgeExceeded'
      ? {}
      : { responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError } }),
    version: '1.0',
    timestamp: new Date(failure.at).toISOString(),
    KinesisBatchInfo: {
      shardId: failure.shardId,
      startSequenceNumber: failure.first.sequenceNumber,
      endSequenceNumber: failure.last.sequenceNumber,
      approximateArrivalOfFirstRecord: new Date(failure.first.arrivedAt).toISOString(),
      approximateArrivalOfLastRecord: new Date(failure.last.arrivedAt).toISOString(),
      batchSize: failure.batchSize,
      streamArn: failure.streamArn,
    },
  };
}

/** `aws/lambda/UUID/SHARD/YYYY/MM/DD/YYYY-MM-DDTHH.MM.SS-ID`, in UTC. */
export function failureKey(mappingId: string, shardId: string, at: number, id: string): string {
  const iso = new Date(at).toISOString();
  const day = iso.slice(0, 10);
  return `aws/lambda/${mappingId}/${shardId}/${day.replaceAll('-', '/')}/${day}T${iso.slice(11, 19).replaceAll(':', '.')}-${id}`;
}
