import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, test } from 'vitest';

import { useServer } from '../support/server.ts';

// Real processes: what pipes, signals and exit codes do cannot be seen from inside.
const local = useServer({ streams: { orders: {}, wide: { shards: 16 } } });
const root = fileURLToPath(new URL('../../../..', import.meta.url));
const launch = [
  '--conditions=@millrace/source',
  '--import',
  'tsx',
  fileURLToPath(new URL('launch.ts', import.meta.url)),
];
const timeout = 30_000;
const children = new Set<ChildProcess>();
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
});

interface Started {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  untilStdout(condition: (text: string) => boolean): Promise<void>;
  untilStderr(condition: (text: string) => boolean): Promise<void>;
}

function start(command: string, args: readonly string[]): Started {
  const child = spawn(command, args, {
    cwd: root,
    env: { ...process.env, AWS_ACCESS_KEY_ID: '', NO_COLOR: '1' },
  });
  children.add(child);
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => (stdout += String(chunk)));
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({
    code: code as number | null,
    signal: signal as string | null,
  }));
  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    ended,
    async untilStdout(condition) {
      while (!condition(stdout)) await once(child.stdout ?? child, 'data');
    },
    async untilStderr(condition) {
      while (!condition(stderr)) await once(child.stderr ?? child, 'data');
    },
  };
}

const millrace = (...argv: string[]): Started => start(process.execPath, [...launch, ...argv]);
const shell = (script: string): Started => {
  const command = [process.execPath, ...launch].map((word) => `'${word}'`).join(' ');
  return start('bash', ['-c', `set -o pipefail; millrace() { ${command} "$@"; }; ${script}`]);
};

test(
  'put and tail work as processes, and tail | head -1 ends with 0 and without a word',
  { timeout },
  async () => {
    const flags = local.flags.join(' ');
    const put = shell(`seq 1 2000 | millrace put orders --key =k ${flags}`);
    expect(await put.ended).toEqual({ code: 0, signal: null });
    expect(put.stderr()).toMatch(/^2,000 records put into orders in [\d.]+ s, [\d,]+\/s\n$/);
    const tail = shell(`millrace tail orders --from oldest ${flags} | head -1`);
    expect(await tail.ended).toEqual({ code: 0, signal: null });
    expect(tail.stdout().trim().split('\n')).toHaveLength(1);
    expect(tail.stderr()).toBe('');
  },
);

test('SIGTERM ends the server with 0, whoever is connected', { timeout }, async () => {
  const server = millrace('server', '--port', '0', '--json', '--stream', 'orders');
  await server.untilStdout((text) => text.includes('\n'));
  const { endpoint } = JSON.parse(server.stdout()) as { endpoint: string };
  const tail = millrace('tail', 'orders', '--endpoint-url', endpoint, '--from', 'oldest');
  const put = millrace('put', 'orders', 'x', '--endpoint-url', endpoint);
  expect(await put.ended).toEqual({ code: 0, signal: null });
  await tail.untilStdout((text) => text.includes('\n'));
  server.child.kill('SIGTERM');
  expect(await server.ended).toEqual({ code: 0, signal: null });
  tail.child.kill('SIGINT');
  expect(await tail.ended).toEqual({ code: 0, signal: null });
});

test('the first Ctrl-C waits for what is under way, the second ends it with 130', { timeout }, async () => {
  // It takes connections and never answers.
  const mute = createServer().listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const { port } = mute.address() as AddressInfo;
  const put = millrace('put', 'orders', 'x', '--endpoint-url', `http://127.0.0.1:${port}`);
  await once(mute, 'connection');
  put.child.kill('SIGINT');
  await put.untilStderr((text) => text.includes('Ctrl-C again'));
  expect(put.child.exitCode).toBe(null);
  put.child.kill('SIGINT');
  expect(await put.ended).toEqual({ code: 130, signal: null });
  mute.close();
});

test.each([
  [['--help'], [], ['commander', '@aws-sdk/client-kinesis']],
  [['tail', 'orders', '--from', 'x'], ['commander'], ['@aws-sdk/client-kinesis']],
  [
    ['streams', 'ls', '--endpoint-url', 'http://127.0.0.1:1'],
    ['commander', '@aws-sdk/client-kinesis'],
    ['dynalite'],
  ],
])('millrace %j loads no package before it needs it', { timeout }, async (argv, needed, notNeeded) => {
  const script = fileURLToPath(new URL('loaded.ts', import.meta.url));
  const probe = start(process.execPath, [...launch.slice(0, -1), script, ...argv]);
  await probe.ended;
  const { packages } = JSON.parse(probe.stdout()) as { packages: string[] };
  for (const name of needed) expect(packages).toContain(name);
  for (const name of notNeeded) expect(packages).not.toContain(name);
});

test('many shards are read side by side without a word of Node about it', { timeout }, async () => {
  const top = millrace('top', 'wide', '-n', '1', ...local.flags);
  expect(await top.ended).toEqual({ code: 0, signal: null });
  expect(top.stderr()).toBe('');
});

test('the exit code of a run is that of the process', { timeout }, async () => {
  expect(await millrace('tail', 'nope', ...local.flags).ended).toEqual({ code: 3, signal: null });
});
