import type { LambdaRequest } from './lambda-wire.ts';

/** What a request does, as policies name it, and to what: undefined for the account. */
export interface LambdaOperation {
  readonly operation: string;
  readonly resource: string | undefined;
}

/** Undefined for a request that nothing answers. */
export function operationOf({ method, path }: LambdaRequest): LambdaOperation | undefined {
  const [noun = '', id, more = ''] = path;
  const operation =
    operations[`${method} ${noun}${id === undefined ? '' : '/*'}${more === '' ? '' : `/${more}`}`];
  if (operation === undefined) return undefined;
  if (id === undefined) return { operation, resource: undefined };
  return {
    operation,
    resource: noun === 'functions' ? `function:${nameOf(id)}` : `event-source-mapping:${id}`,
  };
}

/** What follows the last colon of an ARN of a function, or the name itself; a qualifier stays. */
function nameOf(id: string): string {
  return id.replace(/^.*:?function:/, '');
}

/** @see {@link https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html} */
const operations: Readonly<Record<string, string>> = {
  'POST event-source-mappings': 'CreateEventSourceMapping',
  'GET event-source-mappings': 'ListEventSourceMappings',
  'GET event-source-mappings/*': 'GetEventSourceMapping',
  'PUT event-source-mappings/*': 'UpdateEventSourceMapping',
  'DELETE event-source-mappings/*': 'DeleteEventSourceMapping',
  'GET functions': 'ListFunctions',
  'GET functions/*': 'GetFunction',
  'GET functions/*/configuration': 'GetFunctionConfiguration',
  'POST functions/*/invocations': 'InvokeFunction',
};
