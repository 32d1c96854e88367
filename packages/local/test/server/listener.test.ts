import { request as httpRequest, Agent } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';

import { isMillraceError } from '@millrace/kinesis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startServer, type LocalServer } from '../../src/index.ts';

const authorization =
  'AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/kinesis/aws4_request, SignedHeaders=host, Signature=00';
const signed: Readonly<Record<string, string>> = {
  authorization,
  'x-amz-date': '20260101T000000Z',
  'content-type': 'application/x-amz-json-1.1',
};

let server: LocalServer;
beforeEach(async () => {
  server = await startServer({ port: 0, streams: { orders: {} }, maxRequestBytes: 100_000 });
});
afterEach(() => server.close());

describe('the cleartext port', () => {
  test('answers HTTP/1.1 and HTTP/2 alike', async () => {
    const body = JSON.stringify({ StreamName: 'orders' });
    const one = await http1('DescribeStreamSummary', body);
    const two = await http2('DescribeStreamSummary', body);
    expect(one.status).toBe(200);
    expect(one.headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(one.headers['x-amzn-requestid']).toMatch(
      /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/,
    );
    expect(one.headers['x-amz-id-2']).toMatch(/^[\da-zA-Z+/]{107}=$/);
    expect(two.status).toBe(200);
    expect(two.body).toBe(one.body);
    expect(two.headers['x-amz-id-2']).not.toBe(one.headers['x-amz-id-2']);
    expect(two.headers['x-amzn-requestid']).not.toBe(one.headers['x-amzn-requestid']);
  });

  test('takes an HTTP/1.1 request however it is cut into packets', async () => {
    const body = '{"StreamName":"orders"}';
    const message = rawRequest('DescribeStreamSummary', body);
    for (const size of [1, 2, 3, 7, message.length]) {
      const answer = await raw(async (socket) => {
        for (let at = 0; at < message.length; at += size) {
          socket.write(message.slice(at, at + size));
          await new Promise((resolve) => setImmediate(resolve));
        }
      });
      expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
      expect(answer).toContain('"StreamName":"orders"');
    }
  });

  test('takes an HTTP/2 preface however it is cut into packets', async () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    const settings = Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]);
    for (const cut of [1, 3, 4, 15, preface.length - 1]) {
      const frame = await firstBytes(async (socket) => {
        socket.write(preface.slice(0, cut));
        await new Promise((resolve) => setImmediate(resolve));
        socket.write(preface.slice(cut));
        socket.write(settings);
      });
      expect(frame[3]).toBe(4);
    }
  });

  test('keeps an HTTP/1.1 connection for the next request', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const ports = new Set<number | undefined>();
    for (let round = 0; round < 5; round++) {
      const { status, localPort } = await http1('ListStreams', '{}', {}, agent);
      expect(status).toBe(200);
      ports.add(localPort);
    }
    expect(ports.size).toBe(1);
    agent.destroy();
  });

  test('answers pipelined requests in order', async () => {
    const answers = await raw(async (socket) => {
      socket.write(rawRequest('ListStreams', '{}', 'keep-alive') + rawRequest('Nothing', '{}'));
    });
    expect(answers.indexOf('"StreamNames"')).toBeGreaterThan(0);
    expect(answers.indexOf('UnknownOperationException')).toBeGreaterThan(answers.indexOf('"StreamNames"'));
  });

  test('answers what is not HTTP with 400 and goes on serving', async () => {
    expect(await raw(async (socket) => void socket.write('hello there\r\n\r\n'))).toMatch(/^HTTP\/1.1 400 /);
    expect(await raw(async (socket) => void socket.end('PRI * HTTP/3.0\r\n\r\n'))).toMatch(/^HTTP\/1.1 400 /);
    expect((await http1('ListStreams', '{}')).status).toBe(200);
  });

  test('goes on serving when clients reset in the middle of anything', async () => {
    const beginnings = [
      'P',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0',
      rawRequest('PutRecord', '{}').slice(0, 60),
      rawRequest('PutRecord', '{"StreamName"').slice(0, -4),
      rawRequest('ListStreams', '{}'),
    ];
    for (const beginning of beginnings) {
      await new Promise<void>((resolve) => {
        const socket = connectTcp(server.port, '127.0.0.1', () => {
          socket.write(beginning, () => socket.resetAndDestroy());
        });
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
    }
    expect((await http1('ListStreams', '{}')).status).toBe(200);
    expect((await http2('ListStreams', '{}')).status).toBe(200);
  });
});

describe('a request that is too large', () => {
  const large = JSON.stringify({ Data: 'A'.repeat(100_000) });

  test('is refused by its declared length before it is sent', async () => {
    const answer = await raw(async (socket) => {
      socket.write(rawRequest('PutRecord', '', 'close', { 'content-length': '1000000000' }));
    });
    expect(answer).toMatch(/^HTTP\/1.1 413 /);
    expect(answer).toContain('RequestEntityTooLargeException');
  });

  test('is refused when its length was not declared', async () => {
    const { status } = await http1('PutRecord', large, { 'transfer-encoding': 'chunked' });
    expect(status).toBe(413);
    expect((await http2('PutRecord', large)).status).toBe(413);
  });
});

describe('the Host header', () => {
  test.each([
    'localhost',
    'localhost:4567',
    '127.0.0.1',
    '[::1]:4567',
    '192.168.1.7:80',
    'kinesis.localhost',
    'LOCALHOST.',
  ])('%s is let in', async (host) => {
    expect((await http1('ListStreams', '{}', { host })).status).toBe(200);
  });

  test.each(['evil.example', 'localhost.evil.example', '127.0.0.1.nip.io', 'evil.example:4567'])(
    '%s is refused with 403, over both protocols',
    async (host) => {
      expect((await http1('ListStreams', '{}', { host })).status).toBe(403);
      expect((await http2('ListStreams', '{}', { ':authority': host })).status).toBe(403);
    },
  );

  test('of a name it was told is let in', async () => {
    await using named = await startServer({ port: 0, allowedHosts: ['Kinesis.Test'] });
    expect((await http1('ListStreams', '{}', { host: 'kinesis.test:4567' }, undefined, named)).status).toBe(
      200,
    );
  });
});

describe('the server', () => {
  test('says so when the port is taken', async () => {
    const failure: unknown = await startServer({ port: server.port }).catch((error: unknown) => error);
    expect(isMillraceError(failure, 'PORT_TAKEN')).toBe(true);
    expect(String(failure)).toContain(`Port ${server.port} on 127.0.0.1 is in use`);
  });

  test('says so when the host is not of this machine', async () => {
    await expect(startServer({ port: 0, host: '192.0.2.1' })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
    });
  });

  test.each([-1, 65_536, 1.5])('refuses port %d by name', async (port) => {
    await expect(startServer({ port })).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      details: { path: 'server.port' },
    });
  });

  test('ends open connections of both protocols when closed, however often', async () => {
    const session = connectHttp2(server.endpoint);
    session.on('error', () => {});
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    const idle = connectTcp(server.port, '127.0.0.1');
    idle.on('error', () => {});
    await new Promise((resolve) => idle.once('connect', resolve));
    const ended = Promise.all([
      new Promise((resolve) => session.once('close', resolve)),
      new Promise((resolve) => idle.once('close', resolve)),
    ]);
    await Promise.all([server.close(), server.close()]);
    await ended;
    await expect(http1('ListStreams', '{}')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly localPort?: number | undefined;
}

function http1(
  operation: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
  agent?: Agent,
  to: LocalServer = server,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      {
        port: to.port,
        host: '127.0.0.1',
        method: 'POST',
        ...(agent && { agent }),
        headers: { ...signed, 'x-amz-target': `Kinesis_20131202.${operation}`, ...headers },
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text,
            localPort: request.socket?.localPort,
          }),
        );
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}

function http2(
  operation: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(server.endpoint);
    session.on('error', reject);
    const stream = session.request({
      ':method': 'POST',
      ':path': '/',
      ...signed,
      'x-amz-target': `Kinesis_20131202.${operation}`,
      ...headers,
    });
    let text = '';
    let received: Answer['headers'] = {};
    stream.setEncoding('utf8');
    stream.on('response', (head) => (received = head as Answer['headers']));
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('end', () => {
      session.close();
      resolve({ status: Number(received[':status']), headers: received, body: text });
    });
    stream.on('error', reject);
    stream.end(body);
  });
}

function rawRequest(
  operation: string,
  body: string,
  connection = 'close',
  headers: Readonly<Record<string, string>> = {},
): string {
  const all = {
    host: 'localhost',
    connection,
    'content-length': String(body.length),
    'x-amz-target': `Kinesis_20131202.${operation}`,
    ...signed,
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST / HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}

/** Everything the server sends until it ends the connection. */
function raw(write: (socket: Socket) => Promise<void>): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(server.port, '127.0.0.1', () => void write(socket));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

function firstBytes(write: (socket: Socket) => Promise<void>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp(server.port, '127.0.0.1', () => void write(socket));
    socket.once('data', (chunk) => {
      resolve(chunk);
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
