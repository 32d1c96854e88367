import type { GroupAlarmOptions } from '../alarm/group-alarms.ts';
import { roleStatements } from '../iam/role.ts';
import { policyDocument, trustPolicy } from '../iam/statement.ts';
import type { Resource } from '../template/template.ts';
import { attribute, reference, type Text, type Value } from '../template/value.ts';
import { checkMembers, checkText } from './check.ts';
import type { StreamReference } from './stream.ts';

/** Workers of our own (or of the KCL) that read the stream as one group: what they need around them. */
export interface ServiceOptions {
  /** The group, and the name of its lease table: what `createConsumer` is given. */
  readonly group: Text;
  /** Who takes on the role. Default `ecs-tasks.amazonaws.com`. */
  readonly principal?: string;
  /** Reads by a fan-out consumer of its own: its name. Default: by GetRecords. */
  readonly fanOut?: Text;
  /** Whether the two further tables of KCL 3.0 to 3.4 are made, for a Java fleet beside ours. Default false. */
  readonly kclTables?: boolean;
  /**
   * CloudWatch namespace its workers measure into, `emfMeter({ namespace })`: with it there is an alarm on the lag of the
   * group, which sees a worker that is stuck. Default: they do not, and there is none.
   */
  readonly metricsNamespace?: Text;
}

export interface ServiceResources {
  readonly resources: readonly Resource[];
  readonly consumerName?: Text;
  readonly roleArn: Text;
  /** Undefined when its workers measure nothing. */
  readonly alarms?: GroupAlarmOptions;
}

/**
 * A role that may do what a consumer does and no more, and its lease table in the KCL's layout, with the index by owner
 * that KCL 3 looks for. Throws `OPTION_INVALID`.
 *
 * @see {@link https://docs.aws.amazon.com/streams/latest/dev/kcl-dynamoDB.html}
 */
export function serviceResources(
  path: string,
  prefix: string,
  options: ServiceOptions,
  stream: StreamReference,
): ServiceResources {
  checkMembers(path, options, ['group', 'principal', 'fanOut', 'kclTables', 'metricsNamespace']);
  const { group, fanOut, kclTables = false, metricsNamespace } = options;
  checkText(`${path}.group`, group, /^[\w.-]{3,200}$/, 'a name of 3 to 200 letters, digits, and _ . -');
  if (metricsNamespace !== undefined) {
    const allowed = 'a namespace of 1 to 255 characters that does not begin with AWS/ or :';
    checkText(`${path}.metricsNamespace`, metricsNamespace, /^(?!AWS\/|:)[\w.\-/#: ]{1,255}$/, allowed);
  }
  const roleId = `${prefix}Role`;
  const consumerId = `${prefix}FanOut`;
  const consumer: Resource = {
    id: consumerId,
    type: 'AWS::Kinesis::StreamConsumer',
    comment: 'Its own 2 MiB/s of every shard; billed by shard and hour.',
    properties: { StreamARN: stream.arn, ConsumerName: fanOut },
  };
  const statements = roleStatements('consumer', {
    stream: stream.name,
    streamArn: stream.arn,
    group: reference(`${prefix}Leases`),
    ...(fanOut !== undefined && { efo: attribute(consumerId, 'ConsumerARN') }),
    ...(stream.kmsKeyArn !== undefined && { kmsKeyArn: stream.kmsKeyArn }),
  });
  return {
    resources: [
      ...(fanOut === undefined ? [] : [consumer]),
      leaseTable(`${prefix}Leases`, group),
      ...(kclTables ? kclTableResources(prefix, group) : []),
      {
        id: roleId,
        type: 'AWS::IAM::Role',
        properties: {
          AssumeRolePolicyDocument: trustPolicy(options.principal ?? 'ecs-tasks.amazonaws.com'),
        },
      },
      {
        id: `${prefix}Policy`,
        type: 'AWS::IAM::Policy',
        name: 'consume-stream',
        properties: {
          PolicyName: 'consume-stream',
          Roles: [reference(roleId)],
          PolicyDocument: policyDocument(statements),
        },
      },
    ],
    roleArn: attribute(roleId, 'Arn'),
    ...(fanOut !== undefined && { consumerName: fanOut }),
    ...(metricsNamespace !== undefined && {
      alarms: { streamName: stream.name, group, namespace: metricsNamespace },
    }),
  };
}

function leaseTable(id: string, name: Text): Resource {
  return table(id, name, 'leaseKey', {
    comment: 'How far each shard is read. Lost with it: every checkpoint.',
    more: {
      AttributeDefinitions: [
        { AttributeName: 'leaseKey', AttributeType: 'S' },
        { AttributeName: 'leaseOwner', AttributeType: 'S' },
      ],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'LeaseOwnerToLeaseKeyIndex',
          KeySchema: [
            { AttributeName: 'leaseOwner', KeyType: 'HASH' },
            { AttributeName: 'leaseKey', KeyType: 'RANGE' },
          ],
          Projection: { ProjectionType: 'KEYS_ONLY' },
        },
      ],
    },
  });
}

/** Later ones keep all of it in the lease table. */
function kclTableResources(prefix: string, group: Text): readonly Resource[] {
  const named = (suffix: string): Text =>
    typeof group === 'string' ? `${group}-${suffix}` : { expr: 'text', parts: [group, `-${suffix}`] };
  return [
    table(`${prefix}WorkerMetrics`, named('WorkerMetricStats'), 'wid'),
    table(`${prefix}Coordinator`, named('CoordinatorState'), 'key'),
  ];
}

function table(
  id: string,
  name: Text,
  key: string,
  extra: { readonly comment?: string; readonly more?: Readonly<Record<string, Value>> } = {},
): Resource {
  return {
    id,
    type: 'AWS::DynamoDB::Table',
    retain: true,
    name,
    ...(extra.comment !== undefined && { comment: extra.comment }),
    properties: {
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [{ AttributeName: key, KeyType: 'HASH' }],
      AttributeDefinitions: [{ AttributeName: key, AttributeType: 'S' }],
      ...extra.more,
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true },
    },
  };
}
