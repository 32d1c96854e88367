import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { KinesisClient, KinesisClientConfig } from '@aws-sdk/client-kinesis';

/** The part of the SDK's Kinesis client that Millrace calls. */
export type KinesisSender = Pick<KinesisClient, 'send' | 'destroy'>;

/** The part of the SDK's DynamoDB client that Millrace calls. */
export type DynamoDBSender = Pick<DynamoDBClient, 'send' | 'destroy'>;

/** What a client is made with; whatever is left out comes from the environment, as with the SDK itself. */
export interface ClientOptions {
  readonly region?: string;
  /** A profile of the shared AWS configuration, instead of `AWS_PROFILE`'s. */
  readonly profile?: string;
  /** Another endpoint than the region's, for both services; for example a `millrace server`. */
  readonly endpoint?: string;
  readonly credentials?: NonNullable<KinesisClientConfig['credentials']>;
}
