import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As much of S3 and SQS as the sinks call, for the SDK's own clients. */
export interface FakeServices extends AsyncDisposable {
  readonly endpoint: string;
  readonly queueUrl: string;
  /** Bodies of objects by path: `/bucket/key`. */
  readonly objects: Map<string, string>;
  readonly messages: { readonly MessageBody: string; readonly MessageGroupId?: string }[];
  /** Requests answered, failed ones too. */
  readonly calls: string[];
  /** The next so many requests fail in this way. */
  fail(times: number, failure: Failure): void;
  /** Requests under way at once, at the most so far. */
  readonly mostAtOnce: number;
}

export type Failure = 'throttled' | 'broken' | 'missing' | 'cut' | 'silent';

export async function startFakeServices(): Promise<FakeServices> {
  const state = { failures: 0, failure: 'broken' as Failure, under: 0, most: 0 };
  const objects = new Map<string, string>();
  const messages: { MessageBody: string }[] = [];
  const calls: string[] = [];
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    state.most = Math.max(state.most, ++state.under);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const isSqs = request.headers['x-amz-target'] === 'AmazonSQS.SendMessage';
    calls.push(isSqs ? 'SendMessage' : (request.method ?? ''));
    await new Promise((resolve) => setImmediate(resolve));
    state.under--;
    if (state.failures > 0) {
      state.failures--;
      refuse(request, response, state.failure, isSqs);
    } else if (isSqs) {
      const message = JSON.parse(body) as { MessageBody: string };
      messages.push(message);
      const MD5OfMessageBody = createHash('md5').update(message.MessageBody).digest('hex');
      reply(
        response,
        200,
        'application/x-amz-json-1.0',
        JSON.stringify({ MessageId: 'm', MD5OfMessageBody }),
      );
    } else if (request.method === 'PUT') {
      objects.set(pathOf(request), body);
      reply(response, 200, 'application/xml', '');
    } else {
      const object = objects.get(pathOf(request));
      if (object === undefined) refuse(request, response, 'missing', false);
      else reply(response, 200, 'application/json', object);
    }
  }

  return {
    endpoint,
    queueUrl: `${endpoint}/123456789012/dead`,
    objects,
    messages,
    calls,
    fail: (times, failure) => Object.assign(state, { failures: times, failure }),
    get mostAtOnce() {
      return state.most;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function pathOf(request: IncomingMessage): string {
  return decodeURIComponent((request.url ?? '').split('?')[0] ?? '');
}

function refuse(request: IncomingMessage, response: ServerResponse, failure: Failure, isSqs: boolean): void {
  if (failure === 'silent') return;
  if (failure === 'cut') {
    request.socket.destroy();
    return;
  }
  const status = failure === 'missing' ? (isSqs ? 400 : 404) : failure === 'throttled' ? 503 : 500;
  const code = {
    throttled: isSqs ? 'ThrottlingException' : 'SlowDown',
    broken: isSqs ? 'InternalError' : 'InternalError',
    missing: isSqs ? 'com.amazonaws.sqs#QueueDoesNotExist' : 'NoSuchBucket',
  }[failure];
  if (isSqs)
    reply(response, status, 'application/x-amz-json-1.0', JSON.stringify({ __type: code, message: 'No.' }));
  else
    reply(response, status, 'application/xml', `<Error><Code>${code}</Code><Message>No.</Message></Error>`);
}

function reply(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'x-amzn-requestid': 'r' });
  response.end(body);
}
