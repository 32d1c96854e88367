export { toMillraceError, type AwsErrorContext } from './aws-error.ts';
