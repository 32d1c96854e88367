import { isDeepStrictEqual } from 'node:util';

import type { Answer, Item, TableRecord, ValidInput } from './dynalite.ts';
import { DynamodbError, invalid, isAnswerable } from './dynamodb-error.ts';
import { isInput, type DynamodbContext, type DynamodbOperation, type Input } from './operation.ts';
import { checkReturn } from './failed-item.ts';

/**
 * Transactions: all of it or, with a reason for each part, nothing. They run alone, so nobody sees half of one; only
 * the end of the process in the middle of one, with a folder, leaves its first part.
 */
export function createTransactions(): Readonly<Record<string, DynamodbOperation>> {
  const recent = new Map<string, { readonly input: Input; readonly until: number }>();
  return {
    TransactGetItems: getAll,
    async TransactWriteItems(context, input) {
      const { ClientRequestToken: token, ...request } = input;
      const now = context.now();
      for (const [key, { until }] of recent) if (until <= now) recent.delete(key);
      const known = typeof token === 'string' ? recent.get(token) : undefined;
      if (known !== undefined) {
        if (isDeepStrictEqual(known.input, request)) return {};
        throw new DynamodbError(
          'IdempotentParameterMismatchException',
          'The request uses the same client token as a previous, but non-identical request.',
        );
      }
      await writeAll(context, request);
      if (typeof token === 'string') recent.set(token, { input: request, until: now + tokenMs });
      return {};
    },
  };
}

/** How long a token makes a repeated request do nothing, milliseconds. */
const tokenMs = 10 * 60_000;
const largest = 100;

async function getAll({ dynalite }: DynamodbContext, input: Input): Promise<Answer> {
  const answers: Answer[] = [];
  for (const part of partsOf(input)) {
    const { Get: get } = part;
    if (!isInput(get)) throw invalid('TransactItems can only contain Get');
    const { Item: item } = await dynalite.run('GetItem', { ...get, ConsistentRead: true });
    answers.push(item === undefined ? {} : { Item: item });
  }
  return { Responses: answers };
}

/** A write of a transaction, with what it is about. */
interface Step {
  readonly kind: 'ConditionCheck' | 'Delete' | 'Put' | 'Update';
  readonly input: Input;
  readonly valid: ValidInput;
  readonly table: TableRecord;
  readonly key: Item;
  readonly before: Item | undefined;
}

interface Reason {
  readonly Code: 'ConditionalCheckFailed' | 'None' | 'ValidationError';
  readonly Message?: string;
  readonly Item?: Item;
}

async function writeAll(context: DynamodbContext, input: Input): Promise<void> {
  const { dynalite } = context;
  const steps: Step[] = [];
  for (const part of partsOf(input)) steps.push(await prepare(context, part));
  const places = new Set(steps.map(({ table, key }) => JSON.stringify([table.TableName, key])));
  if (places.size < steps.length) {
    throw invalid('Transaction request cannot include multiple operations on one item');
  }
  const reasons = steps.map(
    ({ valid, input: { ReturnValuesOnConditionCheckFailure: wanted }, before }): Reason => {
      if (dynalite.holds(valid, before)) return { Code: 'None' };
      return {
        Code: 'ConditionalCheckFailed',
        Message: 'The conditional request failed',
        ...(wanted === 'ALL_OLD' && before !== undefined && { Item: before }),
      };
    },
  );
  if (reasons.some(({ Code: code }) => code !== 'None')) throw canceled(reasons);
  for (const [index, step] of steps.entries()) {
    const { operation } = kinds[step.kind];
    if (operation === undefined) continue;
    try {
      await dynalite.run(operation, step.input);
    } catch (error) {
      for (const done of steps.slice(0, index)) await undo(context, done);
      if (!isAnswerable(error)) throw error;
      throw canceled(
        steps.map((_step, at) =>
          at === index ? { Code: 'ValidationError', Message: error.body.message ?? '' } : { Code: 'None' },
        ),
      );
    }
  }
}

/** How dynalite checks and does each kind of write. */
const kinds = {
  ConditionCheck: { check: 'DeleteItem', operation: undefined },
  Delete: { check: 'DeleteItem', operation: 'DeleteItem' },
  Put: { check: 'PutItem', operation: 'PutItem' },
  Update: { check: 'UpdateItem', operation: 'UpdateItem' },
} as const;

async function prepare({ dynalite }: DynamodbContext, part: Input): Promise<Step> {
  const given = (['ConditionCheck', 'Delete', 'Put', 'Update'] as const).filter((kind) =>
    isInput(part[kind]),
  );
  const [kind] = given;
  const input = kind === undefined ? undefined : part[kind];
  if (kind === undefined || given.length > 1 || !isInput(input)) {
    throw invalid('TransactItems can only contain one of Check, Put, Update or Delete');
  }
  if (kind === 'ConditionCheck' && typeof input['ConditionExpression'] !== 'string') {
    throw invalid('The ConditionCheck of a transaction must have a ConditionExpression');
  }
  checkReturn(input['ReturnValuesOnConditionCheckFailure']);
  const valid = dynalite.check(kinds[kind].check, input);
  const table = await dynalite.table(valid.TableName);
  const key = dynalite.keyOf(table, valid);
  return { kind, input, valid, table, key, before: await dynalite.item(table, key) };
}

async function undo({ dynalite }: DynamodbContext, { kind, table, key, before }: Step): Promise<void> {
  if (kind === 'ConditionCheck') return;
  const { TableName: name } = table;
  if (before === undefined) await dynalite.run('DeleteItem', { TableName: name, Key: key });
  else await dynalite.run('PutItem', { TableName: name, Item: before });
}

function partsOf({ TransactItems: parts }: Input): readonly Input[] {
  if (!Array.isArray(parts) || parts.length === 0 || parts.length > largest || !parts.every(isInput)) {
    throw invalid(
      `1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have between 1 ` +
        `and ${largest} items`,
    );
  }
  return parts;
}

function canceled(reasons: readonly Reason[]): DynamodbError {
  const codes = reasons.map(({ Code: code }) => code).join(', ');
  return new DynamodbError(
    'TransactionCanceledException',
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}
