import {
  isItem,
  type AttributeDefinition,
  type Dynalite,
  type IndexRecord,
  type Item,
  type TableRecord,
} from './dynalite.ts';
import { DynamodbError, invalid } from './dynamodb-error.ts';
import { isInput, type Input } from './operation.ts';

/**
 * Adds and removes the global indexes that an UpdateTable asks for, filled from the items that are there. Answers the
 * request as dynalite understands it, for what else there is in it.
 */
export async function changeIndexes(dynalite: Dynalite, table: TableRecord, input: Input): Promise<Input> {
  const { GlobalSecondaryIndexUpdates: updates } = input;
  if (!Array.isArray(updates)) return input;
  const onDemand = table.BillingModeSummary?.BillingMode === 'PAY_PER_REQUEST';
  const understood = {
    ...input,
    GlobalSecondaryIndexUpdates: updates.map((update: unknown) =>
      onDemand ? withThroughput(update) : update,
    ),
  };
  dynalite.check('UpdateTable', understood);
  const changes = updates
    .filter(isInput)
    .filter((update) => isInput(update['Create']) || isInput(update['Delete']));
  if (changes.length > 1) {
    throw new DynamodbError(
      'LimitExceededException',
      'Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table',
    );
  }
  for (const { Create: create, Delete: remove } of changes) {
    if (isInput(create)) await addIndex(dynalite, table, create, input['AttributeDefinitions']);
    if (isInput(remove)) await removeIndex(dynalite, table, String(remove['IndexName']));
  }
  return understood;
}

/** On demand an index has no throughput to give, and dynalite insists on one. */
function withThroughput(update: unknown): unknown {
  if (!isInput(update) || !isInput(update['Create'])) return update;
  const { Create: create } = update;
  return {
    ...update,
    Create: { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }, ...create },
  };
}

/** The index is filled before the table knows of it: an end of the process in between leaves nothing half done. */
async function addIndex(
  dynalite: Dynalite,
  table: TableRecord,
  create: Input,
  given: unknown,
): Promise<void> {
  const before = table.GlobalSecondaryIndexes ?? [];
  const index = describe(table, create);
  if (before.some(({ IndexName: name }) => name === index.IndexName)) {
    throw invalid('Attempting to create an index which already exists');
  }
  const definitions = merge(table.AttributeDefinitions, given);
  const keys = index.KeySchema.map(({ AttributeName: name }) => name);
  const undefinedKeys = keys.filter((key) => !definitions.some(({ AttributeName: name }) => name === key));
  if (undefinedKeys.length > 0) {
    throw invalid(
      'One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions. ' +
        `Keys: [${keys.join(', ')}], AttributeDefinitions: [${definitions.map((one) => one.AttributeName).join(', ')}]`,
    );
  }
  const updated = {
    ...table,
    AttributeDefinitions: definitions,
    GlobalSecondaryIndexes: [...before, index],
  };
  for await (const item of itemsOf(dynalite, table.TableName)) {
    if (fits(item, keys, definitions)) await dynalite.addToIndex(updated, index, item);
  }
  await dynalite.saveTable(updated);
}

async function removeIndex(dynalite: Dynalite, table: TableRecord, name: string): Promise<void> {
  const before = table.GlobalSecondaryIndexes ?? [];
  const after = before.filter((index) => index.IndexName !== name);
  if (after.length === before.length) {
    throw new DynamodbError('ResourceNotFoundException', 'Requested resource not found');
  }
  const { GlobalSecondaryIndexes: _before, ...rest } = table;
  await dynalite.saveTable(after.length === 0 ? rest : { ...rest, GlobalSecondaryIndexes: after });
  await dynalite.dropIndex(table.TableName, name);
}

function describe(table: TableRecord, create: Input): IndexRecord {
  const { IndexName: name, KeySchema: keySchema, Projection: projection } = create;
  return {
    IndexName: String(name),
    KeySchema: Array.isArray(keySchema) ? keySchema : [],
    Projection: isInput(projection) ? projection : {},
    ProvisionedThroughput: {
      ReadCapacityUnits: 0,
      WriteCapacityUnits: 0,
      ...(isInput(create['ProvisionedThroughput']) ? create['ProvisionedThroughput'] : {}),
      NumberOfDecreasesToday: 0,
    },
    IndexArn: `${table.TableArn}/index/${String(name)}`,
    IndexSizeBytes: 0,
    ItemCount: 0,
    IndexStatus: 'ACTIVE',
  };
}

function merge(before: readonly AttributeDefinition[], given: unknown): readonly AttributeDefinition[] {
  const definitions = new Map(before.map((one) => [one.AttributeName, one]));
  for (const one of Array.isArray(given) ? given : []) {
    if (!isInput(one)) continue;
    const { AttributeName: name, AttributeType: type } = one;
    if (typeof name === 'string' && typeof type === 'string') {
      definitions.set(name, { AttributeName: name, AttributeType: type });
    }
  }
  return [...definitions.values()];
}

/** An item whose attribute is of another type than the index's key stays out of it, as in DynamoDB. */
function fits(item: Item, keys: readonly string[], definitions: readonly AttributeDefinition[]): boolean {
  return definitions.every(
    ({ AttributeName: name, AttributeType: type }) =>
      !keys.includes(name) || item[name] === undefined || item[name][type] !== undefined,
  );
}

async function* itemsOf(dynalite: Dynalite, table: string): AsyncGenerator<Item> {
  let start: unknown;
  do {
    const page = await dynalite.run('Scan', {
      TableName: table,
      ...(start === undefined ? {} : { ExclusiveStartKey: start }),
    });
    for (const item of Array.isArray(page['Items']) ? page['Items'] : []) if (isItem(item)) yield item;
    start = page['LastEvaluatedKey'];
  } while (start !== undefined);
}
