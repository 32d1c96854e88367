import type { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import type { DynamoDBClient, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';

import type { Target } from './target.ts';

/** The SDK's clients of the services a stream lives with, each loaded and made when it is first asked for. */
export interface NeighbourClients {
  dynamodb(): Promise<DynamoDBClient>;
  cloudwatch(): Promise<CloudWatchClient>;
  lambda(): Promise<LambdaClient>;
  s3(): Promise<S3Client>;
  sqs(): Promise<SQSClient>;
  sts(): Promise<STSClient>;
  destroy(): void;
}

/** What every client is made with. */
export type ClientSettings = Pick<
  DynamoDBClientConfig,
  'region' | 'endpoint' | 'credentials' | 'requestHandler' | 'maxAttempts'
> & { readonly profile?: string };

export function createNeighbourClients(settings: ClientSettings): NeighbourClients {
  const made: { destroy(): void }[] = [];
  const once = <T extends { destroy(): void }>(make: () => Promise<T>): (() => Promise<T>) => {
    let client: Promise<T> | undefined;
    return () => {
      client ??= make().then((one) => {
        made.push(one);
        return one;
      });
      return client;
    };
  };
  return {
    dynamodb: once(async () => new (await import('@aws-sdk/client-dynamodb')).DynamoDBClient(settings)),
    cloudwatch: once(async () => new (await import('@aws-sdk/client-cloudwatch')).CloudWatchClient(settings)),
    lambda: once(async () => new (await import('@aws-sdk/client-lambda')).LambdaClient(settings)),
    s3: once(async () => new (await import('@aws-sdk/client-s3')).S3Client(settings)),
    sqs: once(async () => new (await import('@aws-sdk/client-sqs')).SQSClient(settings)),
    sts: once(async () => new (await import('@aws-sdk/client-sts')).STSClient(settings)),
    destroy() {
      for (const client of made) client.destroy();
    },
  };
}

/**
 * Where the services beside Kinesis are: at the same endpoint on a local server, at their own on AWS, since an endpoint
 * of AWS answers for Kinesis alone.
 */
export function neighbourSettings({ endpoint, region, profile, credentials }: Target): ClientSettings {
  const ofAws =
    endpoint === undefined || /\.(?:amazonaws\.com(?:\.cn)?|api\.aws)$/.test(new URL(endpoint).hostname);
  return {
    ...(region !== undefined && { region }),
    ...(profile !== undefined && { profile }),
    ...(credentials !== undefined && { credentials }),
    ...(!ofAws && { endpoint }),
    maxAttempts: 3,
  };
}
