import { LambdaError } from '../../event-source/lambda-error.ts';
import { reportLines, type FunctionEvent } from '../../functions/function.ts';
import type { FunctionRegistry, LocalFunction } from '../../functions/registry.ts';
import type { WireResponse } from '../../wire/message.ts';
import { json, type LambdaRequest } from './lambda-wire.ts';
import { pageOf } from './page.ts';

/** ListFunctions, GetFunction, GetFunctionConfiguration and Invoke. Throws `LambdaError`. */
export async function answerFunctions(
  functions: FunctionRegistry,
  request: LambdaRequest,
  now: number,
): Promise<WireResponse> {
  const { method, path, query } = request;
  const [, name, noun, ...rest] = path;
  if (name === undefined && method === 'GET') {
    const { items, next } = pageOf(functions.all, query, 50);
    return json(200, { Functions: items.map((one) => configurationOf(one, now)), ...next });
  }
  if (name !== undefined && rest.length === 0) {
    const { found, arn } = findFunction(functions, name, query.get('Qualifier'));
    if (method === 'GET' && noun === undefined) {
      const Code = { RepositoryType: 'local', Location: String(found.code?.file ?? '') };
      return json(200, { Configuration: configurationOf(found, now), Code });
    }
    if (method === 'GET' && noun === 'configuration') return json(200, configurationOf(found, now));
    if (method === 'POST' && noun === 'invocations') return invoke(functions, found, arn, request);
  }
  throw new LambdaError(
    'UnknownOperationException',
    `The embedded Lambda does not answer ${method} ${path.join('/')}: it runs functions that were registered with it, and deploys none.`,
  );
}

function findFunction(
  functions: FunctionRegistry,
  name: string,
  qualifier: string | null,
): { readonly found: LocalFunction; readonly arn: string } {
  const found = functions.find(qualifier === null ? name : `${name}:${qualifier}`);
  if (found !== undefined) return found;
  throw new LambdaError('ResourceNotFoundException', `Function not found: ${name}`);
}

async function invoke(
  functions: FunctionRegistry,
  found: LocalFunction,
  arn: string,
  { headers, body }: LambdaRequest,
): Promise<WireResponse> {
  const event = parse(body);
  const type = headers['x-amz-invocation-type'] ?? 'RequestResponse';
  if (type === 'DryRun') return { status: 204, headers: {}, body: '' };
  if (type === 'Event') {
    void found.invoke(event, arn);
    return { status: 202, headers: {}, body: '' };
  }
  const log = new Log(found);
  functions.listeners.add(log.hear);
  const result = await found.invoke(event, arn).finally(() => functions.listeners.delete(log.hear));
  if (result.type === 'refused') throw new LambdaError('TooManyRequestsException', result.reason);
  const tail: Readonly<Record<string, string>> =
    headers['x-amz-log-type'] === 'Tail' ? { 'x-amz-log-result': log.tail(result.requestId) } : {};
  const common = { 'x-amz-executed-version': '$LATEST', 'x-amzn-requestid': result.requestId, ...tail };
  if (result.type === 'response') return json(200, result.response ?? null, common);
  const { type: errorType, message: errorMessage } = result.error;
  const failure = { errorType, errorMessage, trace: [] };
  return json(200, failure, { ...common, 'x-amz-function-error': result.functionError });
}

function parse(body: string): unknown {
  if (body === '') return {};
  try {
    return JSON.parse(body);
  } catch {
    throw new LambdaError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

/** What Lambda answers of a log, bytes. */
const tailBytes = 4096;

/** What a function writes meanwhile. */
class Log {
  readonly #lines: { readonly requestId: string | undefined; readonly line: string }[] = [];
  readonly #found: LocalFunction;

  constructor(found: LocalFunction) {
    this.#found = found;
  }

  readonly hear = (name: string, event: FunctionEvent): void => {
    if (name !== this.#found.name) return;
    const { requestId } = 'requestId' in event ? event : { requestId: undefined };
    if (event.type === 'log') this.#lines.push(event);
    if (event.type === 'start') {
      this.#lines.push({ requestId, line: `START RequestId: ${requestId} Version: $LATEST` });
    }
    if (event.type === 'report') {
      for (const line of reportLines(event, this.#found.settings.memoryMb)) {
        this.#lines.push({ requestId, line });
      }
    }
  };

  /** The end of one invocation's lines, in base64. */
  tail(requestId: string): string {
    const text = this.#lines
      .filter((one) => one.requestId === requestId)
      .map(({ line }) => `${line}\n`)
      .join('');
    return Buffer.from(text).subarray(-tailBytes).toString('base64');
  }
}

function configurationOf(found: LocalFunction, now: number): object {
  const { settings, code } = found;
  const file = String(code?.file ?? '');
  return {
    FunctionName: found.name,
    FunctionArn: found.arn,
    Runtime: file.endsWith('.py')
      ? 'python3.13'
      : code === undefined || /\.[cm]?[jt]sx?$/.test(file)
        ? 'nodejs22.x'
        : 'provided.al2023',
    Role: found.roleArn,
    Handler: code?.export ?? 'handler',
    CodeSize: 0,
    Description: '',
    Timeout: Math.ceil(settings.timeoutMs / 1000),
    MemorySize: settings.memoryMb,
    LastModified: new Date(now).toISOString().replace('Z', '+0000'),
    CodeSha256: '',
    Version: '$LATEST',
    TracingConfig: { Mode: 'PassThrough' },
    State: 'Active',
    LastUpdateStatus: 'Successful',
    PackageType: 'Zip',
    Architectures: ['x86_64'],
  };
}
