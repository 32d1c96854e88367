import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** One invocation as the runtime fetches it. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly functionArn: string;
  /** Milliseconds since the epoch. */
  readonly deadline: number;
  /** JSON. */
  readonly payload: string;
}

/** What the runtime says. Bodies are JSON as it sent it. */
export interface RuntimeMessages {
  /** It waits for an invocation; the first time it is through with its init. */
  ready(): void;
  responded(requestId: string, body: string, maxMemoryMb: number | undefined): void;
  failed(requestId: string, body: string, maxMemoryMb: number | undefined): void;
  initFailed(body: string): void;
}

export interface RuntimeApi {
  /** `127.0.0.1:PORT`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string;
  /** Gives the runtime an invocation, now or when it next asks. */
  give(invocation: RuntimeInvocation): void;
  close(): void;
}

/** Largest response, bytes: Lambda's 6 MB. */
const largestResponse = 6_291_556;

/**
 * The HTTP API that runtimes of any language fetch their work from, one for each environment. See
 * {@link https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html}.
 */
export async function openRuntimeApi(messages: RuntimeMessages): Promise<RuntimeApi> {
  let waiting: ServerResponse | undefined;
  let next: RuntimeInvocation | undefined;
  const hand = (): void => {
    if (waiting === undefined || next === undefined) return;
    const { requestId, functionArn, deadline, payload } = next;
    waiting.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
      'lambda-runtime-aws-request-id': requestId,
      'lambda-runtime-deadline-ms': String(Math.round(deadline)),
      'lambda-runtime-invoked-function-arn': functionArn,
      'lambda-runtime-trace-id': `Root=1-00000000-000000000000000000000000;Parent=0000000000000000;Sampled=0`,
    });
    waiting.end(payload);
    waiting = undefined;
    next = undefined;
  };
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await receive(request);
    const [, version, area, noun, id = '', verb] = (request.url ?? '').split('/');
    const memory = Number(request.headers['x-millrace-max-memory-mb'] ?? Number.NaN);
    const maxMemoryMb = Number.isFinite(memory) ? memory : undefined;
    const call = version === '2018-06-01' && area === 'runtime' ? `${request.method} ${noun}` : '';
    if (call === 'GET invocation' && id === 'next') {
      waiting = response;
      messages.ready();
      hand();
    } else if (body === undefined) {
      answer(response, 413, tooLarge);
      messages.failed(id, JSON.stringify(tooLarge), maxMemoryMb);
    } else if (call === 'POST init') {
      answer(response, 202, accepted);
      messages.initFailed(body);
    } else if (call === 'POST invocation') {
      answer(response, 202, accepted);
      if (verb === 'response') messages.responded(id, body, maxMemoryMb);
      else messages.failed(id, body, maxMemoryMb);
    } else
      answer(response, 404, { errorType: 'NotFound', errorMessage: `There is nothing at ${request.url}.` });
  };
  const server = createServer((request, response) => {
    // A runtime that dies in the middle of a request is seen by its exit.
    route(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);
  return {
    address: `127.0.0.1:${port}`,
    give(invocation) {
      next = invocation;
      hand();
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const accepted = { status: 'OK' };
const tooLarge = {
  errorType: 'Function.ResponseSizeTooLarge',
  errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
};

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

/** The body, or undefined when it is larger than a response may be. */
function receive(request: IncomingMessage): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= largestResponse) chunks.push(chunk);
    });
    request.on('end', () => resolve(bytes > largestResponse ? undefined : Buffer.concat(chunks).toString()));
    request.on('error', reject);
  });
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // The runtime keeps its connection for as long as it lives.
    server.keepAliveTimeout = 0;
    server.requestTimeout = 0;
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
}
