import { ServiceError } from '../engine/service-error.ts';
import { WindowBudget } from '../engine/window-budget.ts';

/**
 * How often a second each operation may be called: by the whole account, or for each stream. Operations on records
 * are not here: shards limit those.
 */
export class CallRates {
  readonly #accountId: string;
  readonly #budgets = new Map<string, WindowBudget>();

  constructor(accountId: string) {
    this.#accountId = accountId;
  }

  /** Counts one call at `time`, monotonic milliseconds. Throws `LimitExceededException` over the rate. */
  take(operation: string, stream: string | undefined, time: number): void {
    const perAccount = accountRates.get(operation);
    const rate = perAccount ?? streamRates.get(operation);
    if (rate === undefined) return;
    const scope = perAccount === undefined ? `${operation}/${stream ?? ''}` : operation;
    const budget = this.#budgets.get(scope) ?? new WindowBudget(rate);
    this.#budgets.set(scope, budget);
    if (budget.left(time) < 1) {
      const whose = stream === undefined ? '' : ` for stream ${stream}`;
      throw new ServiceError(
        'LimitExceededException',
        `Rate exceeded${whose} under account ${this.#accountId}.`,
      );
    }
    budget.take(1, time);
  }
}

/** Calls a second and account. See {@link https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html}. */
const accountRates: ReadonlyMap<string, number> = new Map([
  ['DescribeStream', 10],
  ['UpdateShardCount', 10],
  ['DescribeLimits', 1],
  ...[
    'AddTagsToStream',
    'CreateChannel',
    'CreateStream',
    'DecreaseStreamRetentionPeriod',
    'DeleteChannel',
    'DeleteResourcePolicy',
    'DeleteStream',
    'DescribeAccountSettings',
    'DescribeChannel',
    'DisableEnhancedMonitoring',
    'EnableEnhancedMonitoring',
    'GetResourcePolicy',
    'IncreaseStreamRetentionPeriod',
    'ListChannels',
    'ListStreams',
    'ListTagsForResource',
    'ListTagsForStream',
    'MergeShards',
    'PutResourcePolicy',
    'RegisterStreamConsumer',
    'RemoveTagsFromStream',
    'SplitShard',
    'StartStreamEncryption',
    'StopStreamEncryption',
    'TagResource',
    'UntagResource',
    'UpdateAccountSettings',
    'UpdateChannel',
    'UpdateMaxRecordSize',
    'UpdateStreamMode',
    'UpdateStreamRecordDistributionStrategy',
    'UpdateStreamWarmThroughput',
  ].map((operation): [string, number] => [operation, 5]),
]);

/** Calls a second and stream. */
const streamRates: ReadonlyMap<string, number> = new Map([
  ['DeregisterStreamConsumer', 5],
  ['DescribeStreamConsumer', 20],
  ['DescribeStreamSummary', 20],
  ['ListShards', 1000],
  ['ListStreamConsumers', 5],
]);
