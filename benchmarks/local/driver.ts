import { connect, type Socket } from 'node:net';

/** One HTTP/1.1 connection with one request at a time, and as little of its own cost as Node allows. */
export interface Caller {
  /** The body of the answer; rejects unless its status is 200. */
  call(request: Buffer): Promise<Buffer>;
  close(): void;
}

/** The bytes of a whole request, made once and sent many times. */
export function serialise(port: number, operation: string, input: object): Buffer {
  const body = Buffer.from(JSON.stringify(input));
  const head =
    `POST / HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/x-amz-json-1.1\r\n` +
    `x-amz-target: Kinesis_20131202.${operation}\r\nx-amz-date: 20260101T000000Z\r\n` +
    'authorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/kinesis/aws4_request, ' +
    `SignedHeaders=host;x-amz-date, Signature=${'0'.repeat(64)}\r\ncontent-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

export async function openCaller(port: number): Promise<Caller> {
  const socket = await open(port);
  let pending: { resolve(body: Buffer): void; reject(error: Error): void } | undefined;
  let chunks: Buffer[] = [];
  let received = 0;
  let head: Head | undefined;
  const fail = (error: Error): void => {
    const waiting = pending;
    pending = undefined;
    waiting?.reject(error);
  };
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    received += chunk.length;
    head ??= parseHead(chunks.length === 1 ? chunk : Buffer.concat(chunks));
    if (head === undefined) return;
    if (head.length === undefined ? !endsChunked(chunks) : received < head.start + head.length) return;
    const answer = chunks.length === 1 ? chunk : Buffer.concat(chunks);
    const { status, start, length } = head;
    chunks = [];
    received = 0;
    head = undefined;
    const waiting = pending;
    pending = undefined;
    const body = length === undefined ? unchunk(answer.subarray(start)) : answer.subarray(start);
    if (status === 200) waiting?.resolve(body);
    else waiting?.reject(new Error(`Status ${status}: ${body.subarray(0, 300).toString()}`));
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The server closed the connection.')));
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

/** Runs `work` on `width` connections at a time until `enough`; answers the sum of what it answers and the seconds. */
export async function drive(
  port: number,
  width: number,
  enough: (calls: number, elapsedMs: number) => boolean,
  work: (caller: Caller, turn: number) => Promise<number>,
): Promise<{ readonly units: number; readonly seconds: number }> {
  const callers = await Promise.all(Array.from({ length: width }, () => openCaller(port)));
  const begin = performance.now();
  let calls = 0;
  let units = 0;
  await Promise.all(
    callers.map(async (caller) => {
      while (!enough(calls, performance.now() - begin)) {
        const done = await work(caller, calls++);
        units += done;
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  for (const caller of callers) caller.close();
  return { units, seconds };
}

interface Head {
  readonly status: number;
  readonly start: number;
  /** Undefined when the answer is chunked. */
  readonly length: number | undefined;
}

function parseHead(bytes: Buffer): Head | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const text = bytes.toString('latin1', 0, end);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  return {
    status: Number(text.slice(9, 12)),
    start: end + 4,
    length: length === undefined ? undefined : Number(length),
  };
}

function endsChunked(chunks: readonly Buffer[]): boolean {
  return Buffer.concat(chunks.slice(-2)).subarray(-5).toString('latin1') === '0\r\n\r\n';
}

function unchunk(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; ;) {
    const line = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.toString('latin1', at, line), 16);
    if (!(size > 0)) return Buffer.concat(parts);
    parts.push(bytes.subarray(line + 2, line + 2 + size));
    at = line + 4 + size;
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}
