import {
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type TableDescription,
} from '@aws-sdk/client-dynamodb';

import { MillraceError } from '../errors.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { optionError } from '../runtime/options.ts';
import { memberOf } from '../runtime/unknown-value.ts';
import { toMillraceError } from './aws-error.ts';

export interface LeaseTableOptions {
  readonly client: Pick<DynamoDBClient, 'send'>;
  readonly table: string;
  readonly clock: Clock;
  /** How long to wait for the table, milliseconds. */
  readonly timeoutMs: number;
}

const pollIntervalMs = 1000;

/**
 * Waits until the lease table is there and usable, creating it when it is missing: one string key, no sort key,
 * paid per request. Many workers may do this at once; one creates it, all wait.
 */
export async function prepareLeaseTable(options: LeaseTableOptions, signal?: AbortSignal): Promise<void> {
  const { table, clock, timeoutMs } = options;
  const deadline = clock.monotonic() + timeoutMs;
  for (;;) {
    const found = await describe(options, signal);
    if (found?.TableStatus === 'ACTIVE' || found?.TableStatus === 'UPDATING') {
      checkKeys(table, found);
      return;
    }
    if (found === undefined) await create(options, signal);
    if (clock.monotonic() >= deadline) throw notReady(table, found?.TableStatus ?? 'CREATING', timeoutMs);
    await sleep(clock, pollIntervalMs, signal);
  }
}

async function describe(
  { client, table }: LeaseTableOptions,
  signal: AbortSignal | undefined,
): Promise<TableDescription | undefined> {
  try {
    const answer = await client.send(new DescribeTableCommand({ TableName: table }), abortable(signal));
    return answer.Table;
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) return undefined;
    throw toMillraceError(error, { operation: 'DescribeTable', table });
  }
}

async function create({ client, table }: LeaseTableOptions, signal: AbortSignal | undefined): Promise<void> {
  const command = new CreateTableCommand({
    TableName: table,
    AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  });
  try {
    await client.send(command, abortable(signal));
  } catch (error) {
    // Another worker was faster, or so many tables are being made that this one must wait its turn: look again.
    if (isNamed(error, 'ResourceInUseException') || isNamed(error, 'LimitExceededException')) return;
    throw toMillraceError(error, { operation: 'CreateTable', table });
  }
}

function checkKeys(
  table: string,
  { KeySchema: keys = [], AttributeDefinitions: types = [] }: TableDescription,
): void {
  const isLeaseTable =
    keys.length === 1 &&
    keys[0]?.AttributeName === 'leaseKey' &&
    types.some((type) => type.AttributeName === 'leaseKey' && type.AttributeType === 'S');
  if (!isLeaseTable) {
    throw optionError(
      'table',
      table,
      'a name whose table is free, or has the string key leaseKey and no sort key',
    );
  }
}

function notReady(table: string, status: string, timeoutMs: number): MillraceError {
  return new MillraceError(
    'SERVICE_FAILED',
    `The table ${JSON.stringify(table)} is still ${status} after ${timeoutMs} ms.`,
    {
      advice: 'Try again; if it stays so, look at the table in the AWS console.',
      retryable: true,
      got: status,
    },
  );
}

function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function isNamed(error: unknown, name: string): boolean {
  return memberOf(error, 'name') === name;
}
