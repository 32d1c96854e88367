import type { Text, Value } from './value.ts';

/** Every kind of resource the generators write. */
export type ResourceType =
  | 'AWS::CloudWatch::Alarm'
  | 'AWS::CloudWatch::Dashboard'
  | 'AWS::DynamoDB::Table'
  | 'AWS::IAM::Policy'
  | 'AWS::IAM::Role'
  | 'AWS::KMS::Key'
  | 'AWS::Kinesis::Stream'
  | 'AWS::Kinesis::StreamConsumer'
  | 'AWS::Lambda::EventSourceMapping'
  | 'AWS::Lambda::Function'
  | 'AWS::Logs::LogGroup'
  | 'AWS::S3::Bucket'
  | 'AWS::S3::BucketPolicy'
  | 'AWS::SNS::Subscription'
  | 'AWS::SNS::Topic'
  | 'AWS::SNS::TopicPolicy'
  | 'AWS::SQS::Queue'
  | 'AWS::SQS::QueuePolicy';

/** One resource, in CloudFormation's words for its properties; the other outputs are written from them. */
export interface Resource {
  /** Unique in its template, PascalCase. */
  readonly id: string;
  readonly type: ResourceType;
  readonly properties: { readonly [name: string]: Value | undefined };
  /** Outlives the stack: it holds what cannot be made again. */
  readonly retain?: boolean;
  readonly dependsOn?: readonly string[];
  /** What it is called where a name is demanded; CloudFormation makes names itself. */
  readonly name?: Text;
  /** Said above it: why it is so. */
  readonly comment?: string;
}

export interface Parameter {
  /** PascalCase; Terraform writes it in snake_case. */
  readonly name: string;
  readonly type: 'String' | 'Number';
  readonly description: string;
  readonly default?: string | number;
  readonly allowed?: readonly string[];
  /** A regular expression the whole text must match. */
  readonly pattern?: string;
  readonly min?: number;
  readonly max?: number;
}

export interface Output {
  readonly name: string;
  readonly description: string;
  readonly value: Text;
}

/** What is deployed, before it is written for anyone. */
export interface Template {
  readonly description: string;
  readonly parameters: readonly Parameter[];
  readonly resources: readonly Resource[];
  readonly outputs: readonly Output[];
}
