import type { Answer, Dynalite, TableRecord } from './dynalite.ts';
import { invalid, isOfType } from './dynamodb-error.ts';
import { isInput, type DynamodbContext, type Input } from './operation.ts';
import { changeIndexes } from './indexes.ts';

/** Also keeps the tags and the protection, which dynalite drops. The table is there when the call returns. */
export async function createTable({ dynalite }: DynamodbContext, input: Input): Promise<Answer> {
  const { TableDescription: created } = await dynalite.run('CreateTable', input);
  // As the service says it, though it will be ACTIVE when anybody asks.
  const answer = structuredClone(created);
  const table = await active(dynalite, String(input['TableName']));
  await dynalite.saveTable({ ...table, DeletionProtectionEnabled: isProtected(input) ?? false });
  const { Tags: tags } = input;
  if (Array.isArray(tags) && tags.length > 0) {
    await dynalite.run('TagResource', { ResourceArn: table.TableArn, Tags: tags });
  }
  return {
    TableDescription: {
      ...(isInput(answer) ? answer : {}),
      DeletionProtectionEnabled: isProtected(input) ?? false,
    },
  };
}

export async function describeTable({ dynalite }: DynamodbContext, input: Input): Promise<Answer> {
  const { Table: table } = await dynalite.run('DescribeTable', input);
  return { Table: withoutSettings(table) };
}

/** Also adds and removes indexes, which dynalite does not, and changes the protection. */
export async function updateTable({ dynalite }: DynamodbContext, input: Input): Promise<Answer> {
  const { DeletionProtectionEnabled: _protection, ...rest } = input;
  const protection = isProtected(input);
  const hasOthers = ['BillingMode', 'GlobalSecondaryIndexUpdates', 'ProvisionedThroughput'].some(
    (member) => rest[member] !== undefined,
  );
  const name = String(input['TableName']);
  dynalite.check('DescribeTable', { TableName: input['TableName'] });
  let table = await dynalite.table(name);
  if (hasOthers || protection === undefined) {
    await dynalite.run('UpdateTable', await changeIndexes(dynalite, table, rest));
    table = await active(dynalite, name);
  }
  if (protection !== undefined) {
    table = { ...table, DeletionProtectionEnabled: protection };
    await dynalite.saveTable(table);
  }
  return { TableDescription: withoutSettings({ ...table, TableStatus: 'UPDATING' }) };
}

/** The table is gone when the call returns. */
export async function deleteTable({ dynalite }: DynamodbContext, input: Input): Promise<Answer> {
  dynalite.check('DeleteTable', input);
  const name = String(input['TableName']);
  const table = await dynalite.table(name);
  if (table.DeletionProtectionEnabled === true) {
    throw invalid(
      'Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
    );
  }
  const { TableDescription: deleted } = await dynalite.run('DeleteTable', input);
  await gone(dynalite, name);
  return { TableDescription: withoutSettings(deleted) };
}

function isProtected({ DeletionProtectionEnabled: value }: Input): boolean | undefined {
  if (value === undefined || value === null || typeof value === 'boolean') return value ?? undefined;
  throw invalid('DeletionProtectionEnabled must be true or false');
}

function withoutSettings(table: unknown): unknown {
  if (!isInput(table)) return table;
  const { settings: _settings, ...told } = table;
  return told;
}

/** Each look takes dynalite a few turns of the event loop; its timer is due after the first. */
async function active(dynalite: Dynalite, name: string): Promise<TableRecord> {
  for (;;) {
    const table = await dynalite.table(name);
    const indexes = table.GlobalSecondaryIndexes ?? [];
    if (table.TableStatus === 'ACTIVE' && indexes.every((index) => index['IndexStatus'] === 'ACTIVE'))
      return table;
  }
}

async function gone(dynalite: Dynalite, name: string): Promise<void> {
  try {
    for (;;) await dynalite.table(name);
  } catch (error) {
    if (!isOfType(error, 'ResourceNotFoundException')) throw error;
  }
}
