import { isObject } from '@millrace/kinesis/runtime';

import { keyAt } from '../../engine/encryption.ts';
import type { Engine } from '../../engine/engine.ts';
import { ServiceError } from '../../engine/service-error.ts';
import { subjectOf } from '../call-subject.ts';
import { Policy } from './policy.ts';

/** Throws for an operation that its caller may not do. */
type Check = (operation: string, input: unknown) => void;

/** Refuses what a policy does not allow, with the service's own words. */
export interface Permit {
  /** An operation of Kinesis. Throws `AccessDeniedException`, `KMSAccessDeniedException`. */
  readonly kinesis: Check;
  /** An operation of DynamoDB, and its request. Throws `AccessDeniedException`. */
  readonly dynamodb: Check;
  /** An operation of CloudWatch. Throws `AccessDeniedException`. */
  readonly cloudwatch: Check;
  /** An operation of Lambda, and the function or mapping it is about. Throws `AccessDeniedException`. */
  readonly lambda: (operation: string, resource: string | undefined) => void;
}

/** Throws as {@link Policy} for a policy that cannot be enforced. */
export function createPermit(document: unknown, engine: Engine, path: string): Permit {
  const { region, accountId } = engine.options;
  const refusal = createRefusal(new Policy(document, path), engine);
  const check = (action: string, resource: string, more?: Context): void => {
    const text = refusal(action, resource, more);
    if (text !== undefined) throw new ServiceError('AccessDeniedException', text);
  };
  const checkEach = (action: string, resources: readonly string[], more?: Context): void => {
    for (const resource of resources.length === 0 ? ['*'] : resources) check(action, resource, more);
  };
  const checkKeyUse = (action: string, { arn: key, streamArn }: KeyInUse): void => {
    const text = refusal(action, key, {
      'kms:viaservice': `kinesis.${region}.amazonaws.com`,
      'kms:encryptioncontext:aws:kinesis:arn': streamArn,
    });
    if (text !== undefined) throw new ServiceError('KMSAccessDeniedException', text);
  };
  const arn = (service: string, resource: string): string =>
    `arn:aws:${service}:${region}:${accountId}:${resource}`;
  return {
    kinesis(operation, input) {
      check(`kinesis:${operation}`, kinesisResource(engine, operation, input) ?? '*');
      const keyUse = keyUses[operation];
      const key = keyUse === undefined ? undefined : keyOf(engine, input);
      if (keyUse !== undefined && key !== undefined) checkKeyUse(keyUse, key);
    },
    dynamodb(operation, input) {
      const tables = tablesOf(input).map((table) =>
        table.startsWith('arn:') ? table : arn('dynamodb', `table/${table}`),
      );
      checkEach(`dynamodb:${operation}`, tables);
    },
    cloudwatch(operation, input) {
      const alarms = alarmsOf(input).map((alarm) => arn('cloudwatch', `alarm:${alarm}`));
      checkEach(`cloudwatch:${operation}`, alarms, namespaceOf(operation, input));
    },
    lambda(operation, resource) {
      check(`lambda:${operation}`, resource === undefined ? '*' : arn('lambda', resource));
    },
  };
}

/** Values of condition keys. */
type Context = Readonly<Record<string, string>>;

/** Why its user may not do something to a resource, in the service's own words; undefined when it may. */
function createRefusal(
  policy: Policy,
  engine: Engine,
): (action: string, resource: string, more?: Context) => string | undefined {
  const { region, accountId } = engine.options;
  const principal = `arn:aws:iam::${accountId}:user/local`;
  const common = {
    'aws:principalaccount': accountId,
    'aws:principalarn': principal,
    'aws:requestedregion': region,
    'aws:resourceaccount': accountId,
    'aws:username': 'local',
  };
  return (action, resource, more) => {
    const context = {
      ...common,
      'aws:currenttime': new Date(engine.now).toISOString(),
      'aws:epochtime': String(Math.floor(engine.now / 1000)),
      ...more,
    };
    const decision = policy.decide({ action, resource, context });
    if (decision === 'allowed') return undefined;
    const why =
      decision === 'denied'
        ? 'with an explicit deny in an identity-based policy'
        : `because no identity-based policy allows the ${action} action`;
    const where = resource === '*' ? '' : ` on resource: ${resource}`;
    return `User: ${principal} is not authorized to perform: ${action}${where} ${why}`;
  };
}

/** Operations on data, and what the service does with the key of an encrypted stream for them, as the caller. */
const keyUses: Readonly<Record<string, string>> = {
  PutRecord: 'kms:GenerateDataKey',
  PutRecords: 'kms:GenerateDataKey',
  GetRecords: 'kms:Decrypt',
  SubscribeToShard: 'kms:Decrypt',
};

const ofConsumer: ReadonlySet<string> = new Set([
  'DeregisterStreamConsumer',
  'DescribeStreamConsumer',
  'SubscribeToShard',
]);

/** The ARN an operation is about; undefined for the account. */
function kinesisResource(engine: Engine, operation: string, input: unknown): string | undefined {
  if (!isObject(input)) return undefined;
  const {
    ConsumerARN: consumerArn,
    ConsumerName: consumer,
    StreamARN: streamArn,
    ResourceARN: resourceArn,
  } = input;
  const { ChannelARN: channelArn, ChannelName: channel } = input;
  const { region, accountId } = engine.options;
  if (typeof consumerArn === 'string') return consumerArn;
  if (ofConsumer.has(operation) && typeof streamArn === 'string' && typeof consumer === 'string') {
    const known = engine.find(subjectOf(engine, input).stream ?? '')?.consumers.get(consumer);
    return known?.arn ?? `${streamArn}/consumer/${consumer}`;
  }
  for (const given of [resourceArn, channelArn, streamArn]) if (typeof given === 'string') return given;
  const { stream } = subjectOf(engine, input);
  if (stream !== undefined) return `arn:aws:kinesis:${region}:${accountId}:stream/${stream}`;
  if (typeof channel === 'string') return `arn:aws:kinesis:${region}:${accountId}:channel/${channel}`;
  return undefined;
}

interface KeyInUse {
  readonly arn: string;
  readonly streamArn: string;
}

/** The key of the stream a request is about, unless it is that of AWS, which everybody may use through Kinesis. */
function keyOf(engine: Engine, input: unknown): KeyInUse | undefined {
  const { stream: name } = subjectOf(engine, input);
  const stream = name === undefined ? undefined : engine.find(name);
  const keyId = stream === undefined ? undefined : keyAt(stream.settings.encryption, engine.now);
  if (stream === undefined || keyId === undefined || keyId.endsWith('alias/aws/kinesis')) return undefined;
  const { region, accountId } = engine.options;
  const resource = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
  const arn = keyId.startsWith('arn:') ? keyId : `arn:aws:kms:${region}:${accountId}:${resource}`;
  return { arn, streamArn: stream.arn };
}

/** The tables, and indexes of them, a request names. */
function tablesOf(input: unknown): readonly string[] {
  if (!isObject(input)) return [];
  const { TableName: table, IndexName: index, RequestItems: items, TransactItems: transaction } = input;
  if (typeof table === 'string') return [typeof index === 'string' ? `${table}/index/${index}` : table];
  if (isObject(items)) return Object.keys(items);
  const list: readonly unknown[] = Array.isArray(transaction) ? transaction : [];
  return list.filter(isObject).flatMap((entry) => Object.values(entry).flatMap(tablesOf));
}

/** The names of the alarms a request is about. */
function alarmsOf(input: unknown): readonly string[] {
  const { AlarmName: name, AlarmNames: names } = isObject(input) ? input : {};
  return [name, ...(Array.isArray(names) ? names : [])].filter((one) => typeof one === 'string');
}

/** Where metrics are put. */
function namespaceOf(operation: string, input: unknown): Context {
  const { Namespace: namespace } = isObject(input) ? input : {};
  if (operation !== 'PutMetricData' || typeof namespace !== 'string') return {};
  return { 'cloudwatch:namespace': namespace };
}
