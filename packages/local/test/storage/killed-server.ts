import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { afterAll } from 'vitest';

/** Built, as `npm test` leaves it, it starts several times faster. */
const isBuilt = existsSync(new URL('../../dist/index.js', import.meta.url));
const fromSource = isBuilt ? [] : ['--conditions=@millrace/source', '--import', 'tsx'];

/** A server in a process of its own, to be killed. */
export interface Running {
  isRunning(): boolean;
  readonly endpoint: string;
  kill(): Promise<void>;
}

export async function startServer(folder: string, ...more: readonly string[]): Promise<Running> {
  const file = fileURLToPath(new URL('kill-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [...fromSource, file, folder, ...more], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.add(child);
  const endpoint = await firstLine(child);
  return {
    endpoint,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGKILL');
      }),
  };
}

const children = new Set<ChildProcess>();

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()));
    child.once('exit', (code) => reject(new Error(`The server ended with ${code}.`)));
  });
}

/** One call of Kinesis. Throws when it is refused, or the server is gone. */
export async function call(endpoint: string, operation: string, input: object): Promise<object> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `Kinesis_20131202.${operation}`,
      'x-amz-date': '20260101T000000Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=a/b/us-east-1/kinesis/aws4_request, SignedHeaders=a, Signature=b',
    },
    body: JSON.stringify(input),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(text);
  return text === '' ? {} : (JSON.parse(text) as object);
}
