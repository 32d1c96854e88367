import { optionError } from '@millrace/kinesis/runtime';

import type { Resource } from '../template/template.ts';
import { attribute, pseudo, reference, text, type Text } from '../template/value.ts';
import { checkMembers } from './check.ts';
import { mustBeUnsafe } from './unsafe.ts';

/** Who is told when an alarm goes off, and when all is well again. */
export interface NotifyOptions {
  /** An SNS topic that is there already: its ARN. */
  readonly topicArn?: Text;
  /** A topic is made, with a subscription of this address; it must be confirmed once by its owner. */
  readonly email?: Text;
  readonly unsafe?: {
    /** Permits alarms that nobody hears of. */
    readonly silent?: boolean;
  };
}

/** The topic, when one has to be made, and the actions of every alarm. Throws `OPTION_INVALID`. */
export function notifyResources(options: NotifyOptions): {
  readonly resources: readonly Resource[];
  readonly actions: readonly Text[];
} {
  checkMembers('notify', options, ['topicArn', 'email', 'unsafe']);
  const { topicArn, email } = options;
  if (topicArn !== undefined && email !== undefined) {
    throw optionError('notify', 'topicArn and email', 'one of them');
  }
  if (topicArn !== undefined) return { resources: [], actions: [topicArn] };
  if (email !== undefined) return { resources: topic(email), actions: [reference('AlarmTopic')] };
  mustBeUnsafe(options.unsafe, 'silent', {
    path: 'notify.email',
    got: 'missing',
    loses: 'alarms go off and nobody hears of it.',
    instead: 'notify.email or notify.topicArn',
  });
  return { resources: [], actions: [] };
}

function topic(email: Text): readonly Resource[] {
  return [
    {
      id: 'AlarmKey',
      type: 'AWS::KMS::Key',
      comment:
        'CloudWatch cannot publish to a topic under the key of AWS: it needs one whose policy lets it.',
      properties: {
        Description: 'Alarms on the stream, on their way to people',
        EnableKeyRotation: true,
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'Account',
              Effect: 'Allow',
              Principal: { AWS: text`arn:${pseudo('partition')}:iam::${pseudo('account')}:root` },
              Action: 'kms:*',
              Resource: '*',
            },
            {
              Sid: 'Alarms',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
              Resource: '*',
              Condition: { StringEquals: { 'aws:SourceAccount': pseudo('account') } },
            },
          ],
        },
      },
    },
    {
      id: 'AlarmTopic',
      type: 'AWS::SNS::Topic',
      properties: { KmsMasterKeyId: attribute('AlarmKey', 'Arn') },
    },
    {
      id: 'AlarmTopicPolicy',
      type: 'AWS::SNS::TopicPolicy',
      properties: {
        Topics: [reference('AlarmTopic')],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'Alarms',
              Effect: 'Allow',
              Principal: { Service: 'cloudwatch.amazonaws.com' },
              Action: 'sns:Publish',
              Resource: reference('AlarmTopic'),
              Condition: { StringEquals: { 'aws:SourceAccount': pseudo('account') } },
            },
            {
              Sid: 'OnlyEncrypted',
              Effect: 'Deny',
              Principal: '*',
              Action: 'sns:Publish',
              Resource: reference('AlarmTopic'),
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            },
          ],
        },
      },
    },
    {
      id: 'AlarmSubscription',
      type: 'AWS::SNS::Subscription',
      comment: 'Its owner gets a letter and must confirm: until then nobody is told.',
      properties: { TopicArn: reference('AlarmTopic'), Protocol: 'email', Endpoint: email },
    },
  ];
}
