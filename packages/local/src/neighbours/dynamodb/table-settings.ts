import type { Answer, TableRecord, TableSettings } from './dynalite.ts';
import { invalid } from './dynamodb-error.ts';
import { isInput, type DynamodbContext, type Input } from './operation.ts';

/**
 * Kept and told, and nothing more: DynamoDB deletes an item some time within days after it expired, and until then
 * shows it; nobody may rely on it being gone.
 */
export async function updateTimeToLive(context: DynamodbContext, input: Input): Promise<Answer> {
  const table = await tableOf(context, input);
  const { TimeToLiveSpecification: wanted } = input;
  const name = isInput(wanted) ? wanted['AttributeName'] : undefined;
  const enabled = isInput(wanted) ? wanted['Enabled'] : undefined;
  if (typeof name !== 'string' || name === '' || typeof enabled !== 'boolean') {
    throw invalid('TimeToLiveSpecification must name an attribute and say whether it is enabled');
  }
  const current = table.settings?.timeToLive;
  if (enabled && current !== undefined) throw invalid('TimeToLive is already enabled');
  if (!enabled && current === undefined) throw invalid('TimeToLive is already disabled');
  if (!enabled && current !== name) {
    throw invalid(`TimeToLive is active on a different AttributeName: current AttributeName is ${current}`);
  }
  const { timeToLive: _before, ...others } = table.settings ?? {};
  await save(context, table, enabled ? { ...others, timeToLive: name } : others);
  return { TimeToLiveSpecification: { AttributeName: name, Enabled: enabled } };
}

export async function describeTimeToLive(context: DynamodbContext, input: Input): Promise<Answer> {
  const { settings } = await tableOf(context, input);
  return {
    TimeToLiveDescription:
      settings?.timeToLive === undefined
        ? { TimeToLiveStatus: 'DISABLED' }
        : { TimeToLiveStatus: 'ENABLED', AttributeName: settings.timeToLive },
  };
}

/** Kept and told: there are no backups to restore. */
export async function updateBackups(context: DynamodbContext, input: Input): Promise<Answer> {
  const table = await tableOf(context, input);
  const { PointInTimeRecoverySpecification: wanted } = input;
  const enabled = isInput(wanted) ? wanted['PointInTimeRecoveryEnabled'] : undefined;
  if (typeof enabled !== 'boolean') {
    throw invalid('PointInTimeRecoverySpecification must say whether it is enabled');
  }
  const { recoverySince, ...others } = table.settings ?? {};
  const since = recoverySince ?? Math.floor(context.now() / 1000);
  const settings = enabled ? { ...others, recoverySince: since } : others;
  await save(context, table, settings);
  return backups(context, settings);
}

export async function describeBackups(context: DynamodbContext, input: Input): Promise<Answer> {
  const { settings = {} } = await tableOf(context, input);
  return backups(context, settings);
}

function backups({ now }: DynamodbContext, { recoverySince }: TableSettings): Answer {
  return {
    ContinuousBackupsDescription: {
      ContinuousBackupsStatus: 'ENABLED',
      PointInTimeRecoveryDescription:
        recoverySince === undefined
          ? { PointInTimeRecoveryStatus: 'DISABLED' }
          : {
              PointInTimeRecoveryStatus: 'ENABLED',
              RecoveryPeriodInDays: 35,
              EarliestRestorableDateTime: recoverySince,
              LatestRestorableDateTime: Math.floor(now() / 1000),
            },
    },
  };
}

/** Throws `ValidationException` without a name, `ResourceNotFoundException` without a table. */
async function tableOf({ dynalite }: DynamodbContext, input: Input): Promise<TableRecord> {
  dynalite.check('DescribeTable', { TableName: input['TableName'] });
  return dynalite.table(String(input['TableName']));
}

function save(
  { dynalite }: DynamodbContext,
  table: TableRecord,
  settings: TableSettings | undefined,
): Promise<void> {
  return dynalite.saveTable({ ...table, ...(settings === undefined ? {} : { settings }) });
}
