import { request as httpRequest } from 'node:http';
import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';

import { afterEach, expect, describe, test } from 'vitest';

import type { Front } from '../../src/server/front.ts';
import { listen, type Listener } from '../../src/server/listener.ts';
import { defaultPatience, type Patience } from '../../src/server/patience.ts';

const ok: Front = ({ body }) => ({ status: 200, headers: {}, body: `took ${body.length}` });

let listener: Listener | undefined;
afterEach(() => listener?.close());

async function open(patience: Partial<Patience> = {}, front: Front = ok): Promise<number> {
  listener = await listen(front, {
    host: '127.0.0.1',
    port: 0,
    maxRequestBytes: 100_000,
    allowsHost: () => true,
    patience: { ...defaultPatience, ...patience },
  });
  return listener.address.port;
}

describe('a connection', () => {
  test.each([
    ['says nothing', ''],
    ['stops in the middle of the words of HTTP/2', 'PRI * HT'],
  ])('that %s is closed', async (_name, beginning) => {
    const port = await open({ firstBytesMs: 50 });
    expect(await said(port, (socket) => void socket.write(beginning))).toBe('');
  });

  test('that drips headers is told it took too long, however steadily it drips', async () => {
    const port = await open({ headersMs: 150 });
    const answer = await said(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: localhost\r\n');
      drip(socket, () => socket.write('x-a: b\r\n'));
    });
    expect(answer).toMatch(/^HTTP\/1.1 408 /);
  });

  test('that drips a body is cut', async () => {
    const port = await open({ headersMs: 100, requestMs: 150 });
    const answer = await said(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n');
      drip(socket, () => socket.write('x'));
    });
    expect(answer).not.toMatch(/ 200 /);
  });

  test('that drips a body over HTTP/2 loses that stream only', async () => {
    const port = await open({ headersMs: 100, requestMs: 150 });
    const session = await sessionTo(port);
    const slow = session.request({ ':method': 'POST', ':path': '/' });
    slow.write('x');
    slow.on('error', () => {});
    await new Promise((resolve) => slow.once('close', resolve));
    expect(slow.rstCode).not.toBe(constants.NGHTTP2_NO_ERROR);
    expect(await ask(session, 'hello')).toBe('200 took 5');
    session.destroy();
  });

  test('with headers beyond measure is refused as such', async () => {
    const port = await open();
    const answer = await said(port, (socket) => {
      socket.write(`POST / HTTP/1.1\r\nhost: localhost\r\nx-large: ${'x'.repeat(100_000)}\r\n\r\n`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    const session = await sessionTo(port);
    const stream = session.request({ ':method': 'POST', ':path': '/', 'x-large': 'x'.repeat(100_000) });
    stream.on('error', () => {});
    await new Promise((resolve) => stream.once('close', resolve));
    expect(stream.rstCode).not.toBe(constants.NGHTTP2_NO_ERROR);
    session.destroy();
    expect(await http1(port, 'hello')).toBe('200 took 5');
  });

  test('stays open between requests as long as clients keep theirs', async () => {
    const port = await open();
    const answer = new Promise((resolve) => {
      httpRequest({ port, host: '127.0.0.1', method: 'POST' }, (response) => {
        response.resume();
        resolve(response.headers['keep-alive']);
      }).end();
    });
    expect(await answer).toBe('timeout=90');
  });
});

describe('HTTP/2', () => {
  test('streams reset as fast as they are opened end the connection and nothing else', async () => {
    const answered = { count: 0 };
    const port = await open({}, (request) => {
      answered.count++;
      return ok(request);
    });
    const session = await sessionTo(port);
    const closed = new Promise((resolve) => session.once('close', resolve));
    session.on('goaway', () => session.destroy());
    for (let round = 0; round < 200 && !session.destroyed; round++) {
      for (let index = 0; index < 100 && !session.destroyed; index++) {
        const stream = session.request({ ':method': 'POST', ':path': '/' }, { endStream: false });
        stream.on('error', () => {});
        stream.close(constants.NGHTTP2_CANCEL);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
    await closed;
    expect(answered.count).toBeLessThan(2000);
    const other = await sessionTo(port);
    expect(await ask(other, 'hello')).toBe('200 took 5');
    other.destroy();
  });

  test('allows a thousand streams at the same time', async () => {
    const port = await open();
    const session = await sessionTo(port);
    expect(session.remoteSettings.maxConcurrentStreams).toBe(1000);
    session.destroy();
  });

  test('bodies too large to hold at the same time are told to come back, and the space is free again', async () => {
    const port = await open();
    const session = await sessionTo(port);
    const part = Buffer.alloc(90_000);
    // Together they would be 1,800,000 bytes; sixteen of the largest request are 1,600,000.
    const streams = Array.from({ length: 20 }, () => {
      const stream = session.request({ ':method': 'POST', ':path': '/' });
      stream.on('error', () => {});
      const status = new Promise<number>((resolve) => {
        stream.once('response', (headers) => resolve(Number(headers[':status'])));
      });
      stream.write(part);
      return { stream, status };
    });
    const first = await Promise.race(streams.map(({ status }) => status));
    expect(first).toBe(503);
    for (const { stream } of streams) stream.end();
    const statuses = await Promise.all(streams.map(({ status }) => status));
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    for (let round = 0; round < 40; round++) {
      expect(await ask(session, 'x'.repeat(90_000))).toBe('200 took 90000');
    }
    session.destroy();
  });

  test('a body that is too large is not listened to any further', async () => {
    const port = await open();
    const session = await sessionTo(port);
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    stream.on('error', () => {});
    const status = new Promise((resolve) =>
      stream.once('response', (headers) => resolve(headers[':status'])),
    );
    const closed = new Promise((resolve) => stream.once('close', resolve));
    stream.write(Buffer.alloc(150_000));
    stream.resume();
    expect(await status).toBe(413);
    await closed;
    session.destroy();
  });
});

test('a body without length is taken as it comes, and none as none', async () => {
  const port = await open();
  expect(
    await said(port, (socket) => {
      socket.write('POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n');
      socket.write('5\r\nhello\r\n0\r\n\r\n');
    }),
  ).toMatch(/^HTTP\/1.1 200 [^]*took 5$/);
  expect(
    await said(
      port,
      (socket) => void socket.write('POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'),
    ),
  ).toMatch(/^HTTP\/1.1 200 [^]*took 0$/);
});

test('a request with two lengths, or a length and chunks, is refused', async () => {
  const port = await open();
  for (const lengths of [
    'content-length: 5\r\ncontent-length: 6',
    'content-length: 5\r\ntransfer-encoding: chunked',
    'content-length: -5',
    'content-length: 5x',
  ]) {
    const answer = await said(port, (socket) => {
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\n${lengths}\r\n\r\nhello`);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
  }
});

/** Everything the server says until it ends the connection. */
function said(port: number, write: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const socket = connectTcp(port, '127.0.0.1', () => write(socket));
    let text = '';
    socket.setEncoding('utf8');
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
}

function drip(socket: Socket, write: () => void): void {
  const timer = setInterval(write, 10);
  socket.on('close', () => clearInterval(timer));
}

function sessionTo(port: number): Promise<ClientHttp2Session> {
  return new Promise((resolve) => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    session.on('error', () => {});
    session.once('remoteSettings', () => resolve(session));
  });
}

function ask(session: ClientHttp2Session, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': '/' });
    let text = '';
    stream.setEncoding('utf8');
    stream.once('response', (headers) => (text += `${headers[':status']} `));
    stream.on('data', (chunk: string) => (text += chunk));
    stream.on('end', () => resolve(text));
    stream.on('error', reject);
    stream.end(body);
  });
}

function http1(port: number, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent: false }, (response) => {
      let text = `${response.statusCode} `;
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end(body);
  });
}
