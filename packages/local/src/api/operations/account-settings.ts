import type { Commitment } from '../../engine/account.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';

export interface AccountSettingsOutput {
  readonly MinimumThroughputBillingCommitment: {
    readonly Status: string;
    readonly StartedAt?: number;
    readonly EndedAt?: number;
    readonly EarliestAllowedEndAt?: number;
  };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeAccountSettings.html}. */
export function describeAccountSettings({ engine }: OperationContext, input: unknown): AccountSettingsOutput {
  accept(structure({}), input);
  return describe(engine.account.commitment(engine.now));
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateAccountSettings.html}. */
export function updateAccountSettings({ engine }: OperationContext, input: unknown): AccountSettingsOutput {
  const request = accept(shape, input);
  const { account, now } = engine;
  if (request.MinimumThroughputBillingCommitment.Status === 'ENABLED') account.enable(now);
  else account.disable(now);
  return describe(account.commitment(now));
}

const shape = structure({
  MinimumThroughputBillingCommitment: required(
    structure({ Status: required({ type: 'string', values: ['ENABLED', 'DISABLED'] }) }),
  ),
});

function describe(commitment: Commitment): AccountSettingsOutput {
  const { status, startedAt, endedAt, earliestAllowedEndAt } = commitment;
  return {
    MinimumThroughputBillingCommitment: {
      Status: status,
      ...(startedAt === undefined ? {} : { StartedAt: startedAt }),
      ...(endedAt === undefined ? {} : { EndedAt: endedAt }),
      ...(earliestAllowedEndAt === undefined ? {} : { EarliestAllowedEndAt: earliestAllowedEndAt }),
    },
  };
}
