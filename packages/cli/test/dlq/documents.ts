import type { KinesisEvent } from '@millrace/kinesis/lambda';

/** As recorded from AWS, but for the places. */
export function failureDocument(
  stretch: { readonly from: string; readonly to: string; readonly batchSize: number },
  more: { readonly arrivedAt?: string; readonly shardId?: string; readonly payload?: unknown } = {},
): Record<string, unknown> {
  const { arrivedAt = '2026-01-01T00:00:00.000Z', shardId = 'shardId-000000000000', payload } = more;
  return {
    requestContext: {
      requestId: 'c9b8fa9f-5a7f-xmpl-af9c-0c604cde93a5',
      functionArn: 'arn:aws:lambda:us-east-2:123456789012:function:myfunction',
      condition: 'RetryAttemptsExhausted',
      approximateInvokeCount: 3,
    },
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
    version: '1.0',
    timestamp: '2026-01-01T00:05:00.000Z',
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: stretch.from,
      endSequenceNumber: stretch.to,
      approximateArrivalOfFirstRecord: arrivedAt,
      approximateArrivalOfLastRecord: arrivedAt,
      batchSize: stretch.batchSize,
      streamArn: 'arn:aws:kinesis:us-east-2:123456789012:stream/orders',
    },
    ...(payload !== undefined && { payload }),
  };
}

/** What a topic makes of it on its way to a queue. */
export function snsEnvelope(document: unknown): Record<string, unknown> {
  return {
    Type: 'Notification',
    MessageId: '1',
    TopicArn: 'arn:aws:sns:us-east-2:123456789012:failures',
    Message: JSON.stringify(document),
    Timestamp: '2026-01-01T00:05:00.000Z',
  };
}

export function numbersOf(event: KinesisEvent): readonly string[] {
  return event.Records.map(({ kinesis }) => kinesis.sequenceNumber);
}
