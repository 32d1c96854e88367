import type { Answer } from './dynalite.ts';
import { DynamodbError, invalid, isOfType } from './dynamodb-error.ts';
import type { DynamodbContext, Input } from './operation.ts';

/**
 * A write that asks for the item its condition failed on. Runs alone, so that the item read afterwards is that one.
 */
export async function returnFailedItem(
  { dynalite }: DynamodbContext,
  operation: string,
  input: Input,
): Promise<Answer> {
  const wanted = input['ReturnValuesOnConditionCheckFailure'];
  checkReturn(wanted);
  try {
    return await dynalite.run(operation, input);
  } catch (error) {
    if (wanted !== 'ALL_OLD' || !isOfType(error, 'ConditionalCheckFailedException')) throw error;
    const valid = dynalite.check(operation, input);
    const table = await dynalite.table(valid.TableName);
    const item = await dynalite.item(table, dynalite.keyOf(table, valid));
    throw item === undefined ? error : withItem(error.body.message, item);
  }
}

/** Throws `ValidationException` for a value the option does not have. */
export function checkReturn(wanted: unknown): void {
  if (wanted === undefined || wanted === null || wanted === 'ALL_OLD' || wanted === 'NONE') return;
  throw invalid(
    `1 validation error detected: Value ${JSON.stringify(wanted)} at 'returnValuesOnConditionCheckFailure' failed to ` +
      'satisfy constraint: Member must satisfy enum value set: [ALL_OLD, NONE]',
  );
}

function withItem(message: string | undefined, item: object): DynamodbError {
  return new DynamodbError('ConditionalCheckFailedException', message ?? '', { Item: item });
}
