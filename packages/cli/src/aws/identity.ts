import { GetCallerIdentityCommand, type STSClient } from '@aws-sdk/client-sts';

import { abortable, call, type CallOptions } from './call.ts';

/** Who the credentials are. */
export interface Identity {
  readonly account: string;
  readonly arn: string;
  /** When they end; absent for those that do not. */
  readonly expiresAt?: Date;
}

/** Throws `CREDENTIALS_INVALID` and the like. */
export function whoAmI(client: STSClient, { signal }: CallOptions = {}): Promise<Identity> {
  return call({ operation: 'GetCallerIdentity' }, async () => {
    const answer = await client.send(new GetCallerIdentityCommand({}), abortable(signal));
    const { expiration } = await client.config.credentials();
    return {
      account: answer.Account ?? '',
      arn: answer.Arn ?? '',
      ...(expiration !== undefined && { expiresAt: expiration }),
    };
  });
}
