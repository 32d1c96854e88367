import { optionError } from '@millrace/kinesis/runtime';

import type { RoleOptions } from '../iam/role.ts';
import type { Resource } from '../template/template.ts';
import { attribute, reference, text, type Text, type Value } from '../template/value.ts';

/**
 * Where batches go that cannot be processed: a new SQS queue (it gets only pointers to the records), a new S3 bucket
 * (which gets the records themselves), or one that is there already. FIFO queues and topics do not work.
 */
export type Failures =
  | 'queue'
  | 'bucket'
  | { readonly queueArn: Text }
  | { readonly topicArn: Text }
  | { readonly bucketArn: Text };

/** The destination as the mapping, its role and its alarms refer to it. */
export interface FailureDestination {
  readonly resources: readonly Resource[];
  readonly arn: Text;
  readonly permission: NonNullable<RoleOptions['failures']>;
  /** Of an SQS queue. */
  readonly queueName?: Text;
}

/** Throws `OPTION_INVALID`. */
export function failureDestination(path: string, prefix: string, failures: Failures): FailureDestination {
  if (failures === 'queue') {
    const id = `${prefix}FailureQueue`;
    const arn = attribute(id, 'Arn');
    return {
      resources: queue(id),
      arn,
      permission: { queueArn: arn },
      queueName: attribute(id, 'QueueName'),
    };
  }
  if (failures === 'bucket') {
    const id = `${prefix}FailureBucket`;
    const arn = attribute(id, 'Arn');
    return { resources: bucket(id), arn, permission: { bucketArn: arn } };
  }
  if (typeof failures !== 'object') throw unknownDestination(path, failures);
  if ('queueArn' in failures) {
    const arn = checkDestination(path, failures.queueArn, 'sqs');
    return { resources: [], arn, permission: { queueArn: arn }, ...queueNameOf(arn) };
  }
  if ('topicArn' in failures) {
    const arn = checkDestination(path, failures.topicArn, 'sns');
    return { resources: [], arn, permission: { topicArn: arn } };
  }
  if ('bucketArn' in failures) {
    const arn = checkDestination(path, failures.bucketArn, 's3');
    return { resources: [], arn, permission: { bucketArn: arn } };
  }
  throw unknownDestination(path, failures);
}

function unknownDestination(path: string, got: unknown): Error {
  return optionError(path, got, "'queue', 'bucket', { queueArn }, { topicArn } or { bucketArn }");
}

function checkDestination(path: string, arn: Text, service: string): Text {
  if (typeof arn !== 'string' || !arn.startsWith('arn:')) return arn;
  if (arn.split(':')[2] !== service) throw optionError(path, arn, `an ARN of ${service.toUpperCase()}`);
  if (arn.endsWith('.fifo')) {
    throw optionError(path, arn, 'a standard queue or topic: Lambda cannot deliver to a FIFO');
  }
  return arn;
}

function queueNameOf(arn: Text): { readonly queueName?: Text } {
  const name = typeof arn === 'string' ? arn.split(':')[5] : undefined;
  return name === undefined ? {} : { queueName: name };
}

function queue(id: string): readonly Resource[] {
  return [
    {
      id,
      type: 'AWS::SQS::Queue',
      retain: true,
      comment:
        'Batches that could not be processed: pointers to their records, which must be read again before the retention ends.',
      properties: { MessageRetentionPeriod: 1_209_600, SqsManagedSseEnabled: true },
    },
    {
      id: `${id}Policy`,
      type: 'AWS::SQS::QueuePolicy',
      properties: {
        Queues: [reference(id)],
        PolicyDocument: onlyEncrypted('sqs:*', [attribute(id, 'Arn')]),
      },
    },
  ];
}

function bucket(id: string): readonly Resource[] {
  return [
    {
      id,
      type: 'AWS::S3::Bucket',
      retain: true,
      comment: 'Batches that could not be processed, with their records.',
      properties: {
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        VersioningConfiguration: { Status: 'Enabled' },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      },
    },
    {
      id: `${id}Policy`,
      type: 'AWS::S3::BucketPolicy',
      properties: {
        Bucket: reference(id),
        PolicyDocument: onlyEncrypted('s3:*', [attribute(id, 'Arn'), text`${attribute(id, 'Arn')}/*`]),
      },
    },
  ];
}

function onlyEncrypted(action: string, resources: readonly Text[]): Readonly<Record<string, Value>> {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Sid: 'OnlyEncrypted',
        Effect: 'Deny',
        Principal: '*',
        Action: action,
        Resource: resources,
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
    ],
  };
}
