export { toMillraceError, type AwsErrorContext } from './aws-error.ts';
export type { ClientOptions, DynamoDBSender, KinesisSender } from './clients.ts';
export { connect, type ConnectOptions } from './connect.ts';
export { readLostRecord, type ReadLostRecordOptions } from './read-lost-record.ts';
export { lostToS3, type S3SinkOptions } from './s3-sink.ts';
export type { AwsSinkOptions, S3Sender, SqsSender } from './sink-options.ts';
export { lostToSqs, type SqsSinkOptions } from './sqs-sink.ts';
