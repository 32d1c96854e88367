import { once } from 'node:events';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';

import { afterEach, expect, test, vi } from 'vitest';

import type { CallOptions, OutgoingRequest } from '../../src/aws/http-call.ts';
import { Http2Handler } from '../../src/aws/http2-handler.ts';
import { closedPort, requestTo, textOf, turn } from './http-service.ts';

type Serve = (stream: ServerHttp2Stream, call: number) => void;

/** A service of our making, and a handler that calls it. */
class Service implements AsyncDisposable {
  readonly handler = new Http2Handler(0);
  readonly sessions: ServerHttp2Session[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Http2Server;
  #calls = 0;

  private constructor(serve: Serve) {
    this.#server = createServer();
    this.#server.on('connection', (socket: Socket) => this.sockets.push(socket));
    this.#server.on('session', (session) => this.sessions.push(session));
    this.#server.on('stream', (stream) => {
      stream.on('error', () => {});
      serve(stream, ++this.#calls);
    });
  }

  static async start(serve: Serve): Promise<Service> {
    const service = new Service(serve);
    service.#server.listen(0, '127.0.0.1');
    await once(service.#server, 'listening');
    services.push(service);
    return service;
  }

  async call(body: OutgoingRequest['body'] = 'hello', options: CallOptions = {}): Promise<string> {
    const { response } = await this.handler.handle(
      requestTo(this.#server.address() as AddressInfo, body),
      options,
    );
    return `${response.statusCode} ${await textOf(response.body)}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.handler.destroy();
    for (const session of this.sessions) session.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

const services: Service[] = [];
afterEach(async () => {
  for (const service of services.splice(0)) await service[Symbol.asyncDispose]();
});

/** Answers with what was sent. */
const echo: Serve = (stream) => {
  stream.respond({ ':status': 200, 'x-amzn-requestid': 'r-1' });
  stream.pipe(stream);
};
const silence: Serve = (stream) => void stream.resume();

test('text and bytes are sent as they are, each call on a connection of its own, which goes with it', async () => {
  const service = await Service.start(echo);
  const large = new Uint8Array(3_000_000).fill(65);
  expect(await Promise.all([service.call(), service.call(Buffer.from('bytes'))])).toEqual([
    '200 hello',
    '200 bytes',
  ]);
  expect((await service.call(large)).length).toBe(large.length + 4);
  expect(service.sessions).toHaveLength(3);
  while (service.sessions.some(({ destroyed }) => !destroyed)) await turn();
});

test('a refused connection is told with its address, and the next call tries anew', async () => {
  const address = await closedPort();
  const handler = new Http2Handler(30_000);
  for (let n = 0; n < 2; n++) {
    await expect(handler.handle(requestTo(address, 'x'))).rejects.toMatchObject({
      code: 'ECONNREFUSED',
      address: '127.0.0.1',
      port: address.port,
    });
  }
  handler.destroy();
});

test('nothing is left behind by calls that were refused: no timer holds their bodies', async () => {
  const before = timers();
  const address = await closedPort();
  const handler = new Http2Handler(60_000);
  const calls = Array.from({ length: 10 }, () => handler.handle(requestTo(address, new Uint8Array(1000))));
  expect((await Promise.allSettled(calls)).every(({ status }) => status === 'rejected')).toBe(true);
  await turn();
  expect(timers()).toBeLessThanOrEqual(before);
});

test('a call without an answer times out, and the next is answered', async () => {
  const service = await Service.start((stream, call) => (call === 1 ? silence : echo)(stream, call));
  await expect(service.call('hello', { requestTimeout: 20 })).rejects.toMatchObject({ name: 'TimeoutError' });
  expect(await service.call()).toBe('200 hello');
});

test('a call that is given up takes no other with it', async () => {
  const late: ServerHttp2Stream[] = [];
  const service = await Service.start((stream, call) => {
    if (call === 1) late.push(stream.resume());
    else silence(stream, call);
  });
  const patient = service.call();
  while (late.length === 0) await turn();
  await expect(service.call('hello', { requestTimeout: 20 })).rejects.toMatchObject({ name: 'TimeoutError' });
  late[0]?.respond({ ':status': 200 });
  late[0]?.end('after all');
  expect(await patient).toBe('200 after all');
});

test.each([
  ['while there is no connection yet', false],
  ['while it waits for an answer', true],
])('an aborted call ends at once, and the service is told to forget it (%s)', async (_name, connected) => {
  const reset: number[] = [];
  const controller = new AbortController();
  const service = await Service.start((stream) => {
    stream.once('close', () => reset.push(stream.rstCode ?? 0));
    controller.abort();
  });
  // Larger than the window: what the service did not take must not be kept for it.
  const call = service.call(new Uint8Array(5_000_000), { abortSignal: controller.signal });
  if (!connected) controller.abort();
  await expect(call).rejects.toMatchObject({ name: 'AbortError' });
  const expected = connected ? [8] : [];
  while (reset.length < expected.length) await turn();
  expect(reset).toEqual(expected);
  await expect(service.call('hello', { abortSignal: controller.signal })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test.each(['hello', new Uint8Array(5_000_000)])(
  'a call that is given up while its connection is made is an error of that call, and of nothing else',
  async (body) => {
    const uncaught = vi.fn<(error: Error) => void>();
    process.on('uncaughtExceptionMonitor', uncaught);
    const service = await Service.start(echo);
    const controller = new AbortController();
    const call = service.call(body, { abortSignal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: 'AbortError' });
    // The first connection is told of before the second.
    expect(await service.call()).toBe('200 hello');
    process.off('uncaughtExceptionMonitor', uncaught);
    expect(uncaught).not.toHaveBeenCalled();
  },
);

test('a call on a connection the service is about to close is still answered', async () => {
  const service = await Service.start((stream, call) => {
    stream.session?.goaway();
    echo(stream, call);
  });
  expect(await service.call()).toBe('200 hello');
});

test('a connection that breaks fails the calls on it', async () => {
  const service = await Service.start(() => service.sockets.at(-1)?.resetAndDestroy());
  await expect(service.call()).rejects.toThrow(/HTTP\/2|ECONNRESET/);
});

test('destroying it ends what is under way', async () => {
  const service = await Service.start(silence);
  const call = service.call();
  while (service.sessions.length === 0) await turn();
  service.handler.destroy();
  await expect(call).rejects.toThrow(/HTTP\/2|session/i);
});

test('a peer that accepts and never speaks is left after the time-out, too', async () => {
  const sockets: Socket[] = [];
  const tcp = createTcpServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(tcp, 'listening');
  const handler = new Http2Handler(20);
  const address = tcp.address() as AddressInfo;
  for (let n = 0; n < 2; n++) {
    await expect(handler.handle(requestTo(address, new Uint8Array(5_000_000)))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  }
  expect(sockets).toHaveLength(2);
  handler.destroy();
  for (const socket of sockets) socket.destroy();
  tcp.close();
});

function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
