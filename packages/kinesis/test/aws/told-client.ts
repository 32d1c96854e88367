import { Readable } from 'node:stream';

import { KinesisClient, type KinesisClientConfig } from '@aws-sdk/client-kinesis';
import { HttpResponse } from '@smithy/core/protocols';

import type { OutgoingRequest } from '../../src/aws/http-call.ts';

/** What the service answers. */
export interface Given {
  readonly statusCode?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array;
}

export const good: Given = {
  body: JSON.stringify({ Records: [], NextShardIterator: 'next', MillisBehindLatest: 7 }),
};
export const goodResult = { records: [], nextIterator: 'next', millisBehindLatest: 7 };
export const json = (statusCode: number, body: object, headers: Record<string, string> = {}): Given => ({
  statusCode,
  headers,
  body: JSON.stringify(body),
});

/** A client whose service answers as told, what it was sent, and who began each call: the SDK, or we. */
export function clientOf(
  answer: (call: number, request: OutgoingRequest) => Given | Error,
  more: Partial<KinesisClientConfig> = {},
) {
  const sent: OutgoingRequest[] = [];
  const log: string[] = [];
  let passing = false;
  const client = new KinesisClient({
    region: 'eu-west-1',
    endpoint: 'http://127.0.0.1:1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    maxAttempts: 1,
    requestHandler: {
      async handle(request: OutgoingRequest) {
        sent.push(request);
        if (!passing) log.push('us');
        const given = answer(sent.length, request);
        if (given instanceof Error) throw given;
        const { statusCode = 200, headers = {}, body = '' } = given;
        return {
          response: new HttpResponse({ statusCode, headers, body: Readable.from([Buffer.from(body)]) }),
        };
      },
    },
    ...more,
  });
  client.middlewareStack.add(
    (next) => async (args) => {
      log.push('sdk');
      passing = true;
      try {
        return await next(args);
      } finally {
        passing = false;
      }
    },
    { step: 'initialize' },
  );
  const senders = (): string => log.join();
  return { client, sent, senders };
}

export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error('It did not fail.');
}
