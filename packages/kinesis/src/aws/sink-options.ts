import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';

import type { Clock } from '../runtime/clock.ts';
import type { Duration } from '../runtime/duration.ts';
import type { ClientOptions } from './clients.ts';

/** The part of the SDK's S3 client that Millrace calls. */
export type S3Sender = Pick<S3Client, 'send'>;

/** The part of the SDK's SQS client that Millrace calls. */
export type SqsSender = Pick<SQSClient, 'send'>;

/** What every sink on AWS takes; region, credentials and endpoint come from the environment unless given. */
export interface AwsSinkOptions extends ClientOptions {
  /** How long one record is tried for, through throttles and failures in passing. @defaultValue `'1m'` */
  readonly deadline?: Duration;
  /** Time and chance; a manual one in tests. @defaultValue the system's */
  readonly clock?: Clock;
}

/** Opened with the first loss, which may never come; after a failure the next one tries again. */
export function openOnce<T>(open: () => Promise<T>): () => Promise<T> {
  let opened: Promise<T> | undefined;
  return () => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
}
