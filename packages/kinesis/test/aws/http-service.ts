import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

import type { OutgoingRequest } from '../../src/aws/http-call.ts';

/** A request as the SDK hands it to a handler. */
export function requestTo(
  { port }: AddressInfo,
  body: OutgoingRequest['body'],
  more: Partial<OutgoingRequest> = {},
): OutgoingRequest {
  return {
    method: 'POST',
    protocol: 'http:',
    hostname: '127.0.0.1',
    port,
    path: '/',
    headers: { a: 'b' },
    body,
    ...more,
  };
}

/** All of an answer's body. */
export async function textOf(body: unknown): Promise<string> {
  let text = '';
  for await (const chunk of body as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

/** One turn of the event loop: what sockets tell comes between two. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Where somebody listened a moment ago, and nobody does now. */
export async function closedPort(): Promise<AddressInfo> {
  const tcp = createServer().listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const address = tcp.address() as AddressInfo;
  tcp.close();
  await once(tcp, 'close');
  return address;
}
