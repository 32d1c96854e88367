export { type Connection } from './connection.ts';
export { isMillraceError, MillraceError, type ErrorCode, type ErrorDetails } from './errors.ts';
