import {
  DescribeAccountSettingsCommand,
  DescribeLimitsCommand,
  type KinesisClient,
} from '@aws-sdk/client-kinesis';

import { abortable, call, type CallOptions } from './call.ts';

/** What the account may have in a region, and has. */
export interface AccountLimits {
  readonly openShards: number;
  readonly shardLimit: number;
  readonly onDemandStreams: number;
  readonly onDemandStreamLimit: number;
}

/** The account's side of Kinesis. Every method throws a `MillraceError`. */
export interface Account {
  limits(options?: CallOptions): Promise<AccountLimits>;
  /** Whether it is on On-demand Advantage: a throughput is committed to, and streams on demand cost less. */
  isOnAdvantage(options?: CallOptions): Promise<boolean>;
}

/** The account on an SDK client. */
export function createAccount(client: KinesisClient): Account {
  return {
    limits: ({ signal } = {}) =>
      call({ operation: 'DescribeLimits' }, async () => {
        const answer = await client.send(new DescribeLimitsCommand({}), abortable(signal));
        return {
          openShards: answer.OpenShardCount ?? 0,
          shardLimit: answer.ShardLimit ?? 0,
          onDemandStreams: answer.OnDemandStreamCount ?? 0,
          onDemandStreamLimit: answer.OnDemandStreamCountLimit ?? 0,
        };
      }),
    isOnAdvantage: ({ signal } = {}) =>
      call({ operation: 'DescribeAccountSettings' }, async () => {
        const answer = await client.send(new DescribeAccountSettingsCommand({}), abortable(signal));
        return answer.MinimumThroughputBillingCommitment?.Status === 'ENABLED';
      }),
  };
}
