import { Agent, request as httpRequest } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';

import { afterEach, beforeEach, expect, test } from 'vitest';

import type { Front } from '../../src/server/front.ts';
import { listen, type Listener } from '../../src/server/listener.ts';
import { defaultPatience } from '../../src/server/patience.ts';

let answer: Front;
let listener: Listener;
beforeEach(async () => {
  listener = await listen((request) => answer(request), {
    host: '127.0.0.1',
    port: 0,
    maxRequestBytes: 1000,
    allowsHost: () => true,
    patience: defaultPatience,
  });
});
afterEach(() => listener.close());

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function http1(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { port } = listener.address;
    const request = httpRequest({ port, host: '127.0.0.1', method: 'POST', agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end('{}');
  });
}

function http2(): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const session = connectHttp2(`http://127.0.0.1:${listener.address.port}`);
    const stream = session.request({ ':method': 'POST' });
    let status: number | undefined;
    stream.on('response', (headers) => (status = headers[':status']));
    stream.on('error', reject);
    stream.resume();
    stream.on('close', () => {
      session.close();
      resolve(status);
    });
    stream.end('{}');
  });
}

test('what fails for a reason nobody foresaw is answered with 500, and the connection serves on', async () => {
  answer = () => Promise.reject(new Error('a module that was there is gone'));
  expect(await Promise.all([http1(), http1(), http2()])).toEqual([500, 500, 500]);
  answer = () => ({ status: 200, headers: {}, body: '{}' });
  expect(await Promise.all([http1(), http2()])).toEqual([200, 200]);
});

test('an answer that cannot be written ends its connection, and keeps no client waiting', async () => {
  answer = () => ({ status: 200, headers: { 'no header': '' }, body: '{}' });
  await expect(http1()).rejects.toMatchObject({ code: 'ECONNRESET' });
});
