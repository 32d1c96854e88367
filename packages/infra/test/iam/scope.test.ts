import { expect, test } from 'vitest';

import { roleKinds, roleStatements, toLiteral, type RoleOptions } from '../../src/iam/index.ts';
import type { Template, Text } from '../../src/index.ts';
import { stacks } from '../support/stacks.ts';

// What the embedded server does not answer (SQS, SNS, S3, logs, traces, keys) cannot be tried; here it is read.

const deployment = {
  account: '111122223333',
  partition: 'aws',
  region: 'us-east-1',
  urlSuffix: 'amazonaws.com',
};
const kinesis = 'arn:aws:kinesis:us-east-1:111122223333:stream';

/** Every action a role of ours may have, and what it may have it on. Whatever is not here is a mistake. */
const granted: Readonly<Record<string, RegExp>> = {
  'dynamodb:CreateTable': /:table\/[\w.-]+$/,
  'dynamodb:DeleteItem': /:table\/[\w.-]+$/,
  'dynamodb:DescribeTable': /:table\/[\w.-]+$/,
  'dynamodb:GetItem': /:table\/[\w.-]+$/,
  'dynamodb:PutItem': /:table\/[\w.-]+$/,
  'dynamodb:Scan': /:table\/[\w.-]+$/,
  'dynamodb:UpdateItem': /:table\/[\w.-]+$/,
  'kinesis:DeregisterStreamConsumer': /:stream\/orders\/consumer\//,
  'kinesis:DescribeStreamConsumer': /:stream\/orders\/consumer\//,
  'kinesis:SubscribeToShard': /:stream\/orders\/consumer\//,
  'kms:Decrypt': /^arn:aws:kms:/,
  'kms:GenerateDataKey': /^arn:aws:kms:/,
  'logs:CreateLogStream': /:log-group:[^*]+:log-stream:\*$/,
  'logs:PutLogEvents': /:log-group:[^*]+:log-stream:\*$/,
  's3:ListBucket': /^arn:aws:s3:::[\w.-]+$/,
  's3:PutObject': /^arn:aws:s3:::[\w.-]+\/aws\/lambda\/\*$/,
  'sns:Publish': /^arn:aws:sns:/,
  'sqs:SendMessage': /^arn:aws:sqs:/,
};

/** Those that know no resource, so that nothing but `*` can be said of them. */
const ofTheAccount: Readonly<Record<string, string>> = {
  'kinesis:DescribeLimits': 'is about the account',
  'kinesis:ListStreams': 'is about the account',
  'xray:PutTelemetryRecords': 'X-Ray has no resources to write to; asked for by tracing: true',
  'xray:PutTraceSegments': 'X-Ray has no resources to write to; asked for by tracing: true',
};

const options: readonly Partial<RoleOptions>[] = [
  {},
  { kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/7a3f1c52' },
  { aggregates: true },
  { createsTable: true, group: 'billing' },
  { failures: { queueArn: 'arn:aws:sqs:us-east-1:111122223333:failures' } },
  { failures: { topicArn: 'arn:aws:sns:us-east-1:111122223333:failures' } },
  { failures: { bucketArn: 'arn:aws:s3:::failures' } },
  { logGroupArn: 'arn:aws:logs:us-east-1:111122223333:log-group:billing' },
];
const withFanOut: readonly Partial<RoleOptions>[] = [
  { efo: true },
  { efo: `${kinesis}/orders/consumer/billing:1` },
];

const literalOf = (text: Text): string => {
  const literal = toLiteral(text, deployment);
  return typeof literal === 'string' ? literal : JSON.stringify(literal);
};

interface Grant {
  readonly action: string;
  readonly resource: string;
  readonly conditions: unknown;
}

const grants: readonly Grant[] = roleKinds.flatMap((kind) => {
  const readsByFanOut = kind === 'consumer' || kind === 'lambda';
  return [...options, ...(readsByFanOut ? withFanOut : [])].flatMap((more) =>
    roleStatements(kind, { stream: 'orders', ...more }).flatMap(({ actions, resources, conditions }) =>
      actions.flatMap((action) =>
        resources.map((resource) => ({
          action,
          resource: literalOf(resource),
          conditions: conditions && toLiteral(conditions, deployment),
        })),
      ),
    ),
  );
});

const isKnown = ({ action, resource }: Pick<Grant, 'action' | 'resource'>): boolean => {
  if (action in ofTheAccount) return resource === '*';
  // The rest of Kinesis is tried against the embedded server.
  const allowed = granted[action] ?? (action.startsWith('kinesis:') ? /:stream\/orders$/ : undefined);
  return allowed?.test(resource) === true;
};

test('no role may do anything that is not written down, and each only on what it is about', () => {
  expect(grants.length).toBeGreaterThan(150);
  expect(grants.filter((one) => !isKnown(one))).toEqual([]);
  // The check itself would see a resource too many, and an action too many.
  expect(isKnown({ action: 'sqs:SendMessage', resource: '*' })).toBe(false);
  expect(isKnown({ action: 'sqs:DeleteQueue', resource: 'arn:aws:sqs:us-east-1:1:q' })).toBe(false);
});

test('no action has a wildcard, no key is used but through Kinesis, no bucket but in the own account', () => {
  expect(grants.filter(({ action }) => action.includes('*'))).toEqual([]);
  const conditionsOf = (service: string): ReadonlySet<string> =>
    new Set(
      grants
        .filter(({ action }) => action.startsWith(`${service}:`))
        .map(({ conditions }) => JSON.stringify(conditions)),
    );
  const keyUse = {
    'kms:ViaService': 'kinesis.us-east-1.amazonaws.com',
    'kms:EncryptionContext:aws:kinesis:arn': `${kinesis}/orders`,
  };
  expect(conditionsOf('kms')).toEqual(new Set([JSON.stringify({ StringEquals: keyUse })]));
  const ownAccount = { StringEquals: { 's3:ResourceAccount': '111122223333' } };
  expect(conditionsOf('s3')).toEqual(new Set([JSON.stringify(ownAccount)]));
});

interface Statement {
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
}

const identityStatements = ({ resources }: Template): readonly Statement[] =>
  resources
    .filter(({ type }) => type === 'AWS::IAM::Policy')
    .flatMap(({ properties }) => {
      const { Statement: statements } = properties['PolicyDocument'] as unknown as {
        readonly Statement: readonly Statement[];
      };
      return statements;
    });

test.each(stacks)(
  'the roles of the %s stack may do no more than that, and * stands only where nothing else can',
  (_name, template) => {
    const misfits = identityStatements(template).flatMap(({ Action, Resource }) => {
      const actions = typeof Action === 'string' ? [Action] : Action;
      return actions.filter(
        (action) =>
          !(action in granted || action in ofTheAccount || /^kinesis:(?:Describe|Get|List)/.test(action)) ||
          (Resource === '*') !== action in ofTheAccount,
      );
    });
    expect(misfits).toEqual([]);
  },
);
