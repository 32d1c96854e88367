import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Http2Server, IncomingHttpHeaders, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import { MillraceError } from '@millrace/kinesis/errors';

import { failed } from '../wire/kinesis-wire.ts';
import { isByteStream, type WireRequest, type WireResponse } from '../wire/message.ts';
import { BufferPool } from '../wire/buffer-pool.ts';
import { createIntake, type Intake } from './body.ts';
import type { Certificate } from './certificate.ts';
import type { Front } from './front.ts';
import type { Patience } from './patience.ts';
import { pump } from './pump.ts';
import { isLoopback } from './loopback.ts';

export interface ListenerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Larger requests are refused before they are read. */
  readonly maxRequestBytes: number;
  /** Whether a request may name that host. */
  readonly allowsHost: (host: string | undefined) => boolean;
  readonly patience: Patience;
  /** Given for TLS, where the client says at the handshake which HTTP it speaks (ALPN). Default: cleartext. */
  readonly certificate?: Certificate;
}

export interface Listener {
  readonly address: AddressInfo;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/**
 * Listens on one port for HTTP/1.1 and for HTTP/2, on cleartext with prior knowledge, which is what the AWS SDK for
 * JavaScript speaks to `http://`: there the first bytes of a connection tell which it is. Throws `PORT_TAKEN`.
 */
export async function listen(front: Front, options: ListenerOptions): Promise<Listener> {
  const doors = createDoors(front, options);
  const sockets = new Set<Socket>();
  const { certificate } = options;
  const server = certificate === undefined ? createServer() : await createTlsServer(certificate);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A reset connection is the client's business; without a listener it would end the process.
    socket.on('error', () => socket.destroy());
    socket.setNoDelay(true);
    if (certificate === undefined) sniff(socket, doors, options.patience);
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.on('error', () => socket.destroy());
    if (socket.alpnProtocol === 'h2') doors.http2(socket);
    else if (socket.alpnProtocol === 'http/1.1') doors.http1(socket);
    else sniff(socket, { ...doors, http2: () => acceptAsHttp2(socket, doors) }, options.patience);
  });
  await bind(server, options);
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('A TCP server has an address and a port.');
  return {
    address,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        doors.close();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function createTlsServer(certificate: Certificate): Promise<Server> {
  const tls = await import('node:tls');
  return tls.createServer({ ...certificate, ...alpn });
}

/** The AWS SDK for Java begins with HTTP/2 behind TLS, too, without a word at the handshake. */
function acceptAsHttp2(socket: TLSSocket, doors: Doors): void {
  socket.alpnProtocol = 'h2';
  doors.http2(socket);
}

/** Where a connection goes once its protocol is known. */
interface Doors {
  http1(socket: Socket): void;
  http2(socket: Socket): void;
  close(): void;
}

const alpn: { readonly ALPNProtocols: string[] } = { ALPNProtocols: ['h2', 'http/1.1'] };

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Looks at the first bytes, puts them back, and lets the right server begin as if nobody had. */
function sniff(socket: Socket, doors: Doors, { firstBytesMs }: Patience): void {
  let seen: Buffer = Buffer.alloc(0);
  const onData = (chunk: Buffer): void => {
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const length = Math.min(seen.length, preface.length);
    const isHttp2 = seen.subarray(0, length).equals(preface.subarray(0, length));
    if (isHttp2 && length < preface.length) return;
    socket.removeListener('data', onData);
    socket.removeListener('timeout', onTimeout);
    socket.setTimeout(0);
    socket.pause();
    socket.unshift(seen);
    if (isHttp2) doors.http2(socket);
    else doors.http1(socket);
  };
  const onTimeout = (): void => void socket.destroy();
  socket.on('data', onData);
  socket.setTimeout(firstBytesMs, onTimeout);
}

function createDoors(front: Front, options: ListenerOptions): Doors {
  const buffers = new BufferPool();
  const intake = { ...createIntake(options.maxRequestBytes, options.patience.requestMs, buffers), buffers };
  const { headersMs, requestMs, idleMs } = options.patience;
  const http1 = createHttpServer(
    {
      headersTimeout: headersMs,
      requestTimeout: requestMs,
      keepAliveTimeout: idleMs,
      connectionsCheckingInterval: Math.min(5000, headersMs),
    },
    (request, response) => void answerHttp1(front, options, intake, request, response),
  );
  http1.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const status = clientErrors[error.code ?? ''] ?? '400 Bad Request';
    if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`);
    else socket.destroy();
  });
  // It is handed its connections, and looks after how long they take only once it believes to listen itself.
  http1.emit('listening');
  let http2: Promise<Http2Server> | undefined;
  return {
    http1: (socket) => {
      http1.emit('connection', socket);
      // Looking at the first bytes paused it, and the HTTP/1.1 server does not know.
      socket.resume();
    },
    http2: (socket) => {
      http2 ??= createHttp2(front, options, intake);
      http2.then(
        (server) => server.emit('connection', socket),
        () => socket.destroy(),
      );
    },
    close: () => void http1.close(),
  };
}

/** Made for the first connection that speaks it: to load it takes as long as all of ours. */
async function createHttp2(
  front: Front,
  options: ListenerOptions,
  intake: PooledIntake,
): Promise<Http2Server> {
  const { createServer: createHttp2Server } = await import('node:http2');
  const http2 = createHttp2Server({
    settings: { maxConcurrentStreams: 1000 },
    // Node's 10 MB would refuse a client the second of two large requests; what is held at once is bounded elsewhere.
    maxSessionMemory: 1000,
  });
  http2.on('session', (session: ServerHttp2Session) => session.on('error', () => session.destroy()));
  http2.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    void answerHttp2(front, options, intake, stream, headers);
  });
  return http2;
}

const clientErrors: Readonly<Record<string, string | undefined>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

async function answerHttp1(
  front: Front,
  options: ListenerOptions,
  intake: PooledIntake,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const { method = 'GET', url = '/', headers } = request;
    const answer = options.allowsHost(headers.host)
      ? await exchange(front, intake, request, {
          method,
          path: url,
          headers,
          fromLoopback: isLoopback(request.socket.remoteAddress),
        })
      : foreignHost();
    if (answer.dropped === true) {
      request.socket.destroy();
      return;
    }
    if (isByteStream(answer.body)) {
      response.writeHead(answer.status, { ...answer.headers });
      response.flushHeaders();
      await pump(answer.body, response);
      return;
    }
    const body = toBytes(answer.body);
    if (answer.status === 413 || answer.status === 503) response.shouldKeepAlive = false;
    response.writeHead(answer.status, { ...answer.headers, 'content-length': body.byteLength });
    response.end(body, () => intake.buffers.giveBack(body));
  } catch {
    // The request alone, once it has come whole, does not end its connection: the client would wait for ever.
    request.socket.destroy();
  }
}

async function answerHttp2(
  front: Front,
  options: ListenerOptions,
  intake: PooledIntake,
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
): Promise<void> {
  stream.on('error', () => stream.destroy());
  try {
    const { ':method': method = 'GET', ':path': path = '/', ':authority': authority } = headers;
    const answer = options.allowsHost(authority ?? headers.host)
      ? await exchange(front, intake, stream, {
          method,
          path,
          headers,
          fromLoopback: isLoopback(stream.session?.socket?.remoteAddress),
        })
      : foreignHost();
    if (isByteStream(answer.body)) {
      if (!stream.destroyed) stream.respond({ ':status': answer.status, ...answer.headers });
      await pump(answer.body, stream);
      return;
    }
    if (stream.destroyed) return;
    if (answer.dropped === true) {
      stream.session?.destroy();
      return;
    }
    const body = toBytes(answer.body);
    stream.respond({ ':status': answer.status, ...answer.headers, 'content-length': body.byteLength });
    stream.end(body);
    // What is still being sent is not wanted.
    if (answer.status === 413 || answer.status === 503) stream.close();
  } catch {
    stream.destroy();
  }
}

type PooledIntake = Intake & { readonly buffers: BufferPool };

interface Head {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly fromLoopback: boolean;
}

async function exchange(
  front: Front,
  intake: PooledIntake,
  source: IncomingMessage | ServerHttp2Stream,
  head: Head,
): Promise<WireResponse> {
  const body = await intake.collect(source, head.headers['content-length']);
  if (body === 'too large') return tooLarge(intake.maxRequestBytes);
  if (body === 'too busy') return tooBusy();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(head.headers)) {
    if (typeof value === 'string') headers[name] = value;
    else if (value !== undefined) headers[name] = value.join(', ');
  }
  const answer = await answerOf(front, { ...head, headers, body, buffers: intake.buffers });
  // Whatever was kept of the body was copied.
  intake.buffers.giveBack(body);
  return answer;
}

/** It should never fail; who waits hears of it all the same. */
async function answerOf(front: Front, request: WireRequest): Promise<WireResponse> {
  try {
    return await front(request);
  } catch (error) {
    return failed(error);
  }
}

function foreignHost(): WireResponse {
  return {
    status: 403,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body:
      'This server answers only to addresses, localhost and the names it was told (option allowedHosts): a web page ' +
      'could otherwise reach it by having its own name resolve here.\n',
  };
}

function tooLarge(maxBytes: number): WireResponse {
  return {
    status: 413,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({
      __type: 'RequestEntityTooLargeException',
      message: `The request is larger than ${maxBytes} bytes.`,
    }),
  };
}

function tooBusy(): WireResponse {
  return {
    status: 503,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: JSON.stringify({
      __type: 'ServiceUnavailableException',
      message: 'Too much is being received at the same time. Please try again shortly.',
    }),
  };
}

function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function bind(server: Server, { host, port }: ListenerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portTaken(host, port, error) : cannotListen(host, port, error));
    });
    server.listen(port, host, resolve);
  });
}

function portTaken(host: string, port: number, cause: Error): MillraceError {
  return new MillraceError('PORT_TAKEN', `Port ${port} on ${host} is in use.`, {
    advice: 'Stop what listens there, choose another port, or give port 0 to take any free one.',
    path: 'port',
    got: port,
    cause,
  });
}

function cannotListen(host: string, port: number, cause: Error): MillraceError {
  return new MillraceError('OPTION_INVALID', `Cannot listen on port ${port} of ${host}: ${cause.message}.`, {
    advice: 'Give a host of this machine and a port this user may open.',
    path: 'host',
    got: host,
    cause,
  });
}
