import { getEventListeners, once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import type { CallOptions, OutgoingRequest } from '../../src/aws/http-call.ts';
import { Http1Handler } from '../../src/aws/http1-handler.ts';
import { closedPort, requestTo, textOf, turn } from './http-service.ts';

const asTheSdk = {
  query: { page: '1 2' },
  headers: { host: 'kinesis.example', 'x-amz-target': 'Kinesis_20131202.PutRecords' },
};

type Serve = (request: IncomingMessage, response: ServerResponse, call: number) => void;

/** A service of our making, and a handler that calls it. */
class Service implements AsyncDisposable {
  readonly handler = new Http1Handler(0);
  readonly sockets: Socket[] = [];
  readonly seen: IncomingMessage[] = [];
  readonly #server: Server;

  private constructor(serve: Serve) {
    this.#server = createServer((request, response) => {
      this.seen.push(request);
      serve(request, response, this.seen.length);
    });
    this.#server.on('connection', (socket: Socket) => this.sockets.push(socket));
  }

  static async start(serve: Serve): Promise<Service> {
    const service = new Service(serve);
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    services.push(service);
    return service;
  }

  async call(options: CallOptions = {}, body: OutgoingRequest['body'] = 'hello'): Promise<string> {
    const address = this.#server.address() as AddressInfo;
    const { response } = await this.handler.handle(requestTo(address, body, asTheSdk), options);
    return `${response.statusCode} ${await textOf(response.body)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.handler.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const services: Service[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service[Symbol.asyncDispose]();
});

/** Answers with what was sent. */
const echo: Serve = (request, response) => void request.pipe(response);
const silence: Serve = (request) => void request.resume();

test('calls one after the other keep their connection; those at once have one each', async () => {
  const service = await Service.start(echo);
  expect(await service.call()).toBe('200 hello');
  expect(await service.call({}, new TextEncoder().encode('bytes'))).toBe('200 bytes');
  expect(service.sockets).toHaveLength(1);
  expect(await Promise.all([service.call(), service.call(), service.call()])).toHaveLength(3);
  expect(service.sockets).toHaveLength(3);
});

test('of more calls at once than it has connections each waits for one, and one given up meanwhile ends at once', async () => {
  const waiting: ServerResponse[] = [];
  const service = await Service.start((request, response) => {
    request.resume();
    waiting.push(response);
  });
  const calls = Array.from({ length: 256 }, () => service.call());
  while (waiting.length < 256) await turn();
  const controller = new AbortController();
  const givenUp = service.call({ abortSignal: controller.signal });
  const late = service.call();
  controller.abort();
  await expect(givenUp).rejects.toMatchObject({ name: 'AbortError' });
  expect(waiting).toHaveLength(256);
  for (const response of waiting.splice(0)) response.end('early');
  expect(new Set(await Promise.all(calls))).toEqual(new Set(['200 early']));
  while (waiting.length < 1) await turn();
  waiting[0]?.end('late');
  expect(await late).toBe('200 late');
  expect(service.sockets.length).toBeLessThanOrEqual(257);
});

test('what the SDK has signed is what is sent', async () => {
  const service = await Service.start(echo);
  await service.call();
  expect(service.seen[0]).toMatchObject({
    method: 'POST',
    url: '/?page=1%202',
    headers: { host: 'kinesis.example', 'x-amz-target': 'Kinesis_20131202.PutRecords' },
  });
});

test('a call without an answer times out, and its connection takes no more', async () => {
  const service = await Service.start((...given) => (given[2] === 1 ? silence : echo)(...given));
  await expect(service.call({ requestTimeout: 20 })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(await service.call()).toBe('200 hello');
  expect(service.sockets).toHaveLength(2);
});

test('an answer that stops half way fails its reader', async () => {
  const service = await Service.start((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-length': '10' });
    response.write('half');
    request.once('end', () => setImmediate(() => service.sockets[0]?.resetAndDestroy()));
  });
  await expect(service.call()).rejects.toMatchObject({ code: 'ECONNRESET' });
});

test.each([
  ['while there is no connection yet', false],
  ['while it waits for an answer', true],
])('an aborted call ends at once, and the service is told to forget it (%s)', async (_name, connected) => {
  const controller = new AbortController();
  const service = await Service.start((request) => {
    request.resume();
    controller.abort();
  });
  // Larger than any buffer on the way: what the service did not take must not be kept for it.
  const call = service.call({ abortSignal: controller.signal }, new Uint8Array(5_000_000));
  if (!connected) controller.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  while (service.sockets.some(({ destroyed }) => !destroyed)) await turn();
  await expect(service.call({ abortSignal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('an answered call no longer listens to its signal', async () => {
  const service = await Service.start(echo);
  const controller = new AbortController();
  await service.call({ abortSignal: controller.signal });
  while (getEventListeners(controller.signal, 'abort').length > 0) await turn();
  controller.abort();
  expect(await service.call()).toBe('200 hello');
});

test('a refused connection is told with its address, and the next call tries anew', async () => {
  const address = await closedPort();
  const handler = new Http1Handler(30_000);
  for (let n = 0; n < 2; n++) {
    await expect(handler.handle(requestTo(address, 'x'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      address: '127.0.0.1',
      port: address.port,
    });
  }
  handler.destroy();
});

test('a connection that breaks fails its call, and the next has another', async () => {
  const service = await Service.start((...given) => {
    if (given[2] === 1) given[0].socket.resetAndDestroy();
    else echo(...given);
  });
  await expect(service.call()).rejects.toMatchObject({ code: 'ECONNRESET' });
  expect(await service.call()).toBe('200 hello');
});

test('destroying it ends what is under way', async () => {
  const service = await Service.start(silence);
  const call = service.call();
  while (service.seen.length === 0) await turn();
  service.handler.destroy();
  await expect(call).rejects.toMatchObject({ code: 'ECONNRESET' });
});
