import { Aws, CfnResource, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { CfnAlarm, CfnDashboard } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { CfnPolicy, CfnRole } from 'aws-cdk-lib/aws-iam';
import { CfnStream, CfnStreamConsumer } from 'aws-cdk-lib/aws-kinesis';
import { CfnKey } from 'aws-cdk-lib/aws-kms';
import { CfnEventSourceMapping, CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnLogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnBucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnSubscription, CfnTopic, CfnTopicPolicy } from 'aws-cdk-lib/aws-sns';
import { CfnQueue, CfnQueuePolicy } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

import type { Resource, ResourceType } from '../template/template.ts';
import {
  isExpression,
  isList,
  type Expression,
  type PseudoParameter,
  type Value,
} from '../template/value.ts';

const classes: Readonly<Record<ResourceType, new (...given: never[]) => CfnResource>> = {
  'AWS::CloudWatch::Alarm': CfnAlarm,
  'AWS::CloudWatch::Dashboard': CfnDashboard,
  'AWS::DynamoDB::Table': CfnTable,
  'AWS::IAM::Policy': CfnPolicy,
  'AWS::IAM::Role': CfnRole,
  'AWS::KMS::Key': CfnKey,
  'AWS::Kinesis::Stream': CfnStream,
  'AWS::Kinesis::StreamConsumer': CfnStreamConsumer,
  'AWS::Lambda::EventSourceMapping': CfnEventSourceMapping,
  'AWS::Lambda::Function': CfnFunction,
  'AWS::Logs::LogGroup': CfnLogGroup,
  'AWS::S3::Bucket': CfnBucket,
  'AWS::S3::BucketPolicy': CfnBucketPolicy,
  'AWS::SNS::Subscription': CfnSubscription,
  'AWS::SNS::Topic': CfnTopic,
  'AWS::SNS::TopicPolicy': CfnTopicPolicy,
  'AWS::SQS::Queue': CfnQueue,
  'AWS::SQS::QueuePolicy': CfnQueuePolicy,
};

const pseudoParameters: Readonly<Record<PseudoParameter, string>> = {
  account: Aws.ACCOUNT_ID,
  partition: Aws.PARTITION,
  region: Aws.REGION,
  urlSuffix: Aws.URL_SUFFIX,
};

/** Members that are documents or maps of the user: their keys are left as they are. */
const opaque = new Set(['AssumeRolePolicyDocument', 'KeyPolicy', 'PolicyDocument', 'Variables']);

/**
 * Makes the model's resources in `scope`, each by the CDK's own class for it, so that aspects and validators see them
 * for what they are. A resource may refer to those before it.
 */
export function makeResources(
  scope: Construct,
  resources: readonly Resource[],
): ReadonlyMap<string, CfnResource> {
  const made = new Map<string, CfnResource>();
  for (const { id, type, properties, retain, dependsOn = [] } of resources) {
    const resource: unknown = Reflect.construct(classes[type], [scope, id, toProps(properties, scope, made)]);
    if (!CfnResource.isCfnResource(resource)) throw new RangeError(`${type} is no resource`);
    if (retain === true) resource.applyRemovalPolicy(RemovalPolicy.RETAIN);
    for (const other of dependsOn) resource.addResourceDependency(found(other, made));
    made.set(id, resource);
  }
  return made;
}

/** A value of the model as the CDK takes it: expressions become tokens. */
export function toToken(value: Value, scope: Construct, made: ReadonlyMap<string, CfnResource>): unknown {
  if (isExpression(value)) return expression(value, scope, made);
  if (isList(value)) return value.map((item) => toToken(item, scope, made));
  if (typeof value !== 'object') return value;
  return mapMembers(value, (name, member) => [name, toToken(member, scope, made)]);
}

function toProps(value: Value, scope: Construct, made: ReadonlyMap<string, CfnResource>): unknown {
  if (isList(value)) return value.map((item) => toProps(item, scope, made));
  if (typeof value !== 'object' || isExpression(value)) return toToken(value, scope, made);
  return mapMembers(value, (name, member) => [
    camel(name),
    opaque.has(name) ? toToken(member, scope, made) : toProps(member, scope, made),
  ]);
}

function expression(value: Expression, scope: Construct, made: ReadonlyMap<string, CfnResource>): string {
  if (value.expr === 'pseudo') return pseudoParameters[value.name];
  if (value.expr === 'given') throw new RangeError(`the CDK has no parameter ${value.parameter}`);
  if (value.expr === 'parameter') throw new RangeError(`the CDK has no parameter ${value.name}`);
  if (value.expr === 'json') return Stack.of(scope).toJsonString(toToken(value.document, scope, made));
  if (value.expr === 'text') {
    return value.parts
      .map((part) => (typeof part === 'string' ? part : expression(part, scope, made)))
      .join('');
  }
  const resource = found(value.id, made);
  return value.attribute === undefined ? resource.ref : resource.getAtt(value.attribute).toString();
}

function found(id: string, made: ReadonlyMap<string, CfnResource>): CfnResource {
  const resource = made.get(id);
  if (resource === undefined) throw new RangeError(`there is no resource ${id} yet`);
  return resource;
}

function mapMembers(
  value: object,
  map: (name: string, member: Value) => readonly [string, unknown],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]: [string, Value | undefined]) =>
      member === undefined ? [] : [map(name, member)],
    ),
  );
}

/** `StreamARN` is `streamArn`, `OKActions` is `okActions`, `MaxRecordSizeInKiB` is `maxRecordSizeInKiB`. */
function camel(name: string): string {
  const whole = name.replace(/ARN$/, 'Arn');
  return whole.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (start) => start.toLowerCase());
}
