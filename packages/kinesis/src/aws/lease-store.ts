import {
  DeleteItemCommand,
  GetItemCommand,
  PutItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';

import { MillraceError } from '../errors.ts';
import type { Lease } from '../lease/lease.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import {
  checkLease,
  checkName,
  isCurrent,
  isEcho,
  isReleaseOf,
  isRequestOf,
  isTakeOf,
  renewed,
} from '../lease/transition.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { isObject } from '../runtime/unknown-value.ts';
import { toMillraceError } from './aws-error.ts';
import type { DirectClient } from './direct-calls.ts';
import { LeaseCalls } from './lease-calls.ts';
import { itemToLease, leaseToItem } from './lease-item.ts';
import { prepareLeaseTable } from './lease-store-table.ts';
import {
  advance,
  handOffRequest,
  renewal,
  surrender,
  takeOver,
  withdrawal,
  type LeaseUpdate,
} from './lease-store-update.ts';

export interface DynamoDBLeaseStoreOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  /** The table; the KCL's application name by default, so workers in Java and here share it. */
  readonly table: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** How long `prepare` waits for the table. Default `'5m'`. */
  readonly prepareTimeout?: Duration;
}

/**
 * Leases in DynamoDB, item by item and condition by condition as the KCL writes them, so that a Java fleet can share
 * or inherit the table. Every update touches only the attributes it is about; what others keep beside them stays.
 *
 * Reads are consistent. A lease costs one write a heartbeat, take-over, checkpoint or release; a listing costs one
 * read unit per 4 KB of table. Every call rejects with a `MillraceError`: `THROTTLED`, `ENDPOINT_UNREACHABLE` and
 * `SERVICE_FAILED` (5xx) are retryable; `ACCESS_DENIED`, `CREDENTIALS_INVALID` and a missing table are not.
 *
 * @see {@link https://docs.aws.amazon.com/streams/latest/dev/kcl-dynamoDB.html}
 * @example
 * ```ts
 * const store = createDynamoDBLeaseStore({ client: new DynamoDBClient({}), table: 'billing' });
 * await store.prepare();
 * ```
 */
export function createDynamoDBLeaseStore(options: DynamoDBLeaseStoreOptions, own?: DirectClient): LeaseStore {
  const { client, table, clock = systemClock } = options;
  const calls = new LeaseCalls(client, own);
  checkName('table', table);
  const timeoutMs = toMilliseconds(options.prepareTimeout ?? '5m', 'prepareTimeout');

  const call = async <T>(operation: string, send: () => Promise<T>): Promise<T> => {
    try {
      return await send();
    } catch (error) {
      throw toMillraceError(error, { operation, table });
    }
  };

  const get = async (leaseKey: string): Promise<Lease | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: keyOf(leaseKey), ConsistentRead: true });
    const { Item: item } = await call('GetItem', () => client.send(command));
    return item && itemToLease(item);
  };

  /** The lease as written (`after`, when that is known before), or, when the condition did not hold, as it stands instead. */
  const update = async (leaseKey: string, change: LeaseUpdate, after?: Lease): Promise<Written> => {
    const input = {
      TableName: table,
      Key: keyOf(leaseKey),
      UpdateExpression: change.update,
      ConditionExpression: change.condition,
      ExpressionAttributeValues: change.values,
      ReturnValues: after === undefined ? ('ALL_NEW' as const) : ('NONE' as const),
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    try {
      const attributes = await calls.updateItem(input);
      return { done: true, lease: after ?? itemToLease(attributes) ?? unreadable(table, leaseKey) };
    } catch (error) {
      const failed = failedCondition(error);
      if (failed === undefined) throw toMillraceError(error, { operation: 'UpdateItem', table });
      return {
        done: false,
        lease: failed.item === undefined ? await get(leaseKey) : itemToLease(failed.item),
      };
    }
  };

  const renew: LeaseStore['renew'] = async (lease) => {
    // Nothing else has changed when the condition holds, so the answer need not repeat it: most writes are these.
    const { done, lease: stored } = await update(lease.leaseKey, renewal(lease), renewed(lease));
    if (done) return stored;
    if (stored === undefined) return undefined;
    // We are asked to hand it over: we go on, knowing it, until we have.
    const asked = isCurrent(stored, lease) && stored.checkpointOwner !== undefined;
    return asked || isEcho(stored, lease) ? renew(stored) : undefined;
  };

  const checkpoint: LeaseStore['checkpoint'] = async (lease, reached, extras = {}) => {
    const { done, lease: stored } = await update(lease.leaseKey, advance(lease, reached, extras));
    if (done) return stored;
    const ours = stored !== undefined && isEcho(stored, lease);
    return ours ? checkpoint(stored, reached, extras) : undefined;
  };

  const release: LeaseStore['release'] = async (lease) => {
    if (lease.owner === undefined) return false;
    const { done, lease: stored } = await update(lease.leaseKey, surrender(lease, lease.owner));
    if (done) return true;
    if (stored === undefined) return false;
    return isCurrent(stored, lease) || isEcho(stored, lease) ? release(stored) : isReleaseOf(stored, lease);
  };

  return {
    prepare: (given) => prepareLeaseTable({ client, table, clock, timeoutMs }, given?.signal),
    get,
    renew,
    checkpoint,
    release,

    async list() {
      const leases: Lease[] = [];
      let from: Record<string, AttributeValue> | undefined;
      do {
        const input = {
          TableName: table,
          ConsistentRead: true,
          ...(from && { ExclusiveStartKey: from }),
        };
        const page = await call('Scan', () => calls.scan(input));
        leases.push(...page.items.map(itemToLease).filter((lease) => lease !== undefined));
        from = page.last;
      } while (from !== undefined);
      return leases;
    },

    async create(lease) {
      checkLease(lease);
      const command = new PutItemCommand({
        TableName: table,
        Item: leaseToItem(lease),
        ConditionExpression: 'attribute_not_exists(leaseKey)',
      });
      try {
        await client.send(command);
        return true;
      } catch (error) {
        if (failedCondition(error) !== undefined) return false;
        throw toMillraceError(error, { operation: 'PutItem', table });
      }
    },

    async take(lease, owner) {
      checkName('lease.owner', owner);
      const { done, lease: stored } = await update(lease.leaseKey, takeOver(lease, owner));
      if (done) return stored;
      return stored !== undefined && isTakeOf(stored, lease, owner) ? renew(stored) : undefined;
    },

    async requestHandOff(lease, owner) {
      checkName('lease.owner', owner);
      if (lease.owner === undefined) return undefined;
      const request = handOffRequest(lease, lease.owner, owner);
      const { done, lease: stored } = await update(lease.leaseKey, request);
      if (done) return stored;
      return stored !== undefined && isRequestOf(stored, lease, owner) ? stored : undefined;
    },

    async withdrawHandOff(lease, owner) {
      const { checkpointOwner: holder } = lease;
      if (holder === undefined || lease.owner !== owner) return undefined;
      const { done, lease: stored } = await update(lease.leaseKey, withdrawal(holder, owner));
      if (done) return stored;
      // Withdrawn already, by a call whose answer was lost.
      return stored !== undefined && isCurrent(stored, lease) && stored.owner === holder ? stored : undefined;
    },

    async delete(leaseKey) {
      const command = new DeleteItemCommand({ TableName: table, Key: keyOf(leaseKey) });
      await call('DeleteItem', () => client.send(command));
    },
  };
}

type Written =
  | { readonly done: true; readonly lease: Lease }
  | { readonly done: false; readonly lease: Lease | undefined };

function keyOf(leaseKey: string): Record<string, AttributeValue> {
  return { leaseKey: { S: checkName('lease.leaseKey', leaseKey) } };
}

/** The item a failed condition was tried on, which not every emulator sends; undefined for any other error. */
function failedCondition(error: unknown): { readonly item?: Readonly<Record<string, unknown>> } | undefined {
  if (!isObject(error) || error['name'] !== 'ConditionalCheckFailedException') return undefined;
  const item = error['Item'];
  return isObject(item) ? { item } : {};
}

function unreadable(table: string, leaseKey: string): never {
  throw new MillraceError(
    'SERVICE_FAILED',
    `${JSON.stringify(table)} answered no lease for ${leaseKey} after a write.`,
    { advice: 'Check what listens at the endpoint: DynamoDB answers the whole item.', shardId: leaseKey },
  );
}
