export { toMillraceError, type AwsErrorContext } from './aws-error.ts';
export type { ClientOptions, DynamoDBSender, KinesisSender } from './clients.ts';
export { connect, type ConnectOptions } from './connect.ts';
