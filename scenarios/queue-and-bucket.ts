import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One queue of SQS and all buckets of S3, as far as sinks and `millrace dlq` call them, for the SDK's own clients. */
export interface QueueAndBucket extends AsyncDisposable {
  readonly endpoint: string;
  readonly queueUrl: string;
  /** By id. */
  readonly messages: ReadonlyMap<string, string>;
  /** By path: `bucket/key`. */
  readonly objects: ReadonlyMap<string, string>;
}

export async function startQueueAndBucket(): Promise<QueueAndBucket> {
  const messages = new Map<string, string>();
  const hidden = new Set<string>();
  const objects = new Map<string, string>();

  const queue: Readonly<Record<string, (input: Record<string, unknown>) => object>> = {
    SendMessage({ MessageBody: body }) {
      const MessageId = randomUUID();
      messages.set(MessageId, String(body));
      return { MessageId, MD5OfMessageBody: md5(String(body)) };
    },
    ReceiveMessage({ MaxNumberOfMessages: most }) {
      const found = [...messages].filter(([id]) => !hidden.has(id)).slice(0, Number(most));
      for (const [id] of found) hidden.add(id);
      return {
        Messages: found.map(([id, Body]) => ({
          MessageId: id,
          ReceiptHandle: id,
          Body,
          MD5OfBody: md5(Body),
        })),
      };
    },
    DeleteMessage({ ReceiptHandle: receipt }) {
      messages.delete(String(receipt));
      return {};
    },
    ChangeMessageVisibility({ ReceiptHandle: receipt }) {
      hidden.delete(String(receipt));
      return {};
    },
  };

  function bucket(
    method: string,
    url: URL,
    body: string,
  ): { readonly status: number; readonly body: string } {
    const path = decodeURIComponent(url.pathname.slice(1));
    if (method === 'PUT') objects.set(path, body);
    if (method === 'DELETE') objects.delete(path);
    if (method !== 'GET') return { status: method === 'PUT' ? 200 : 204, body: '' };
    if (url.searchParams.has('list-type')) {
      const prefix = `${path.replace(/\/$/, '')}/${url.searchParams.get('prefix') ?? ''}`;
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).toSorted();
      const contents = keys.map(
        (key) => `<Contents><Key>${key.slice(key.indexOf('/') + 1)}</Key></Contents>`,
      );
      return { status: 200, body: `<ListBucketResult>${contents.join('')}</ListBucketResult>` };
    }
    const object = objects.get(path);
    return object === undefined
      ? { status: 404, body: '<Error><Code>NoSuchKey</Code><Message>No.</Message></Error>' }
      : { status: 200, body: object };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const operation = /^AmazonSQS\.(\w+)$/.exec(String(request.headers['x-amz-target']))?.[1];
    if (operation !== undefined) {
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      response.end(JSON.stringify(queue[operation]?.(JSON.parse(body) as Record<string, unknown>)));
      return;
    }
    const found = bucket(request.method ?? '', new URL(request.url ?? '', 'http://localhost'), body);
    response.writeHead(found.status, { 'content-type': 'application/xml' });
    response.end(found.body);
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    queueUrl: `${endpoint}/123456789012/dead`,
    messages,
    objects,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
