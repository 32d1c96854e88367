import { DescribeTableCommand, ListTablesCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { isMillraceError, MillraceError } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import type { Lease, LeaseStore } from '@millrace/kinesis/lease';
import { memberOf } from '@millrace/kinesis/runtime';

import { abortable, call, eachOf, pages, type CallOptions } from './call.ts';

/** The DynamoDB tables that consumer groups keep their leases in, ours and the KCL's of 2.x and 3.x. */
export interface LeaseTables {
  /** The names of those that look like it: one string key, `leaseKey`, and no sort key. */
  find(options?: CallOptions): Promise<readonly string[]>;
  /** The leases of a group. Throws `STREAM_NOT_FOUND` when there is no such table, or one that holds something else. */
  read(group: string, options?: CallOptions): Promise<readonly Lease[]>;
  /** The store workers of the group write through. */
  open(group: string): LeaseStore;
}

/** The tables on an SDK client. */
export function createLeaseTables(client: DynamoDBClient): LeaseTables {
  const connection = connect({ dynamodb: client });
  /** Undefined when there is no such table. */
  const isLeaseTable = async (
    table: string,
    signal: AbortSignal | undefined,
  ): Promise<boolean | undefined> => {
    try {
      const { Table: found } = await client.send(
        new DescribeTableCommand({ TableName: table }),
        abortable(signal),
      );
      const [key, ...more] = found?.KeySchema ?? [];
      return key?.AttributeName === 'leaseKey' && more.length === 0;
    } catch (error) {
      // It may have gone between the listing and now.
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  return {
    async find({ signal } = {}) {
      const names = await call({ operation: 'ListTables' }, () =>
        pages(async (start) => {
          const command = new ListTablesCommand({ ExclusiveStartTableName: start });
          const answer = await client.send(command, abortable(signal));
          return { items: answer.TableNames ?? [], next: answer.LastEvaluatedTableName };
        }),
      );
      const kinds = await call({ operation: 'DescribeTable' }, () =>
        eachOf(names, (name) => isLeaseTable(name, signal)),
      );
      return names.filter((_, index) => kinds[index] === true);
    },
    async read(group, { signal } = {}) {
      checkName(group);
      const kind = await call({ operation: 'DescribeTable', table: group }, () =>
        isLeaseTable(group, signal),
      );
      if (kind !== true)
        throw noGroup(group, kind === undefined ? 'no table' : 'a table, but no leases in it');
      const leases = await connection.leases(group).list();
      return leases.toSorted((a, b) => (a.leaseKey < b.leaseKey ? -1 : 1));
    },
    open: (group) => connection.leases(group),
  };
}

function isNotFound(error: unknown): boolean {
  if (isMillraceError(error)) return error.details.service === 'ResourceNotFoundException';
  return memberOf(error, 'name') === 'ResourceNotFoundException';
}

function checkName(group: string): void {
  if (/^[a-zA-Z0-9_.-]{3,255}$/.test(group)) return;
  throw noGroup(group, 'no table, for that cannot be the name of one');
}

function noGroup(group: string, found: string): MillraceError {
  return new MillraceError('DATA_MISSING', `There is no consumer group ${group}: DynamoDB has ${found}.`, {
    advice: 'See the groups there are with: millrace groups',
    got: group,
  });
}
