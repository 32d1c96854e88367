import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { startServer } from '@millrace/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { Debugger } from '../support/debugger.ts';
import { Collector, runCli } from '../support/run-cli.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-dev-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, text: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, text);
  return file;
}

/** Runs `millrace dev` until told to stop. */
function start(...argv: string[]) {
  const stdout = new Collector();
  const user = new AbortController();
  const ended = runCli(['dev', ...argv], { stdout, signal: user.signal });
  const stop = async () => {
    user.abort();
    return ended;
  };
  return { stdout, stop };
}

async function put(endpoint: string, data: string): Promise<void> {
  const client = new KinesisClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  await client.send(
    new PutRecordCommand({ StreamName: 'orders', PartitionKey: 'ada', Data: Buffer.from(data) }),
  );
  client.destroy();
}

async function freePort(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return String(port);
}

describe('millrace dev', () => {
  test('runs a TypeScript handler behind a stream of its own, and loads it anew when it is saved', async () => {
    const file = await write('handler.ts', greeter('first'));
    const { stdout, stop } = start(file, '--stream', 'orders:2', '--port', '0', '--json', '--env', 'SHOP=7');
    const text = await stdout.until((some) => some.includes('"type":"ready"'));
    const { endpoint } = JSON.parse(lineWith(text, 'ready')) as { endpoint: string };
    await put(endpoint, 'apple');
    await stdout.until(
      (some) => some.includes(`first apple ${endpoint} 7`) && some.includes('"verdict":{"type":"done"}'),
    );
    await writeFile(file, greeter('second'));
    await stdout.until((some) => some.includes('"type":"reload"'));
    await put(endpoint, 'pear');
    await stdout.until((some) => some.includes('second pear'));
    const { code: exit, stderr } = await stop();
    expect(exit).toBe(0);
    expect(stderr).toContain(`--endpoint-url ${endpoint}`);
    for (const line of stdout.text.trim().split('\n')) expect(JSON.parse(line)).toBeTypeOf('object');
  }, 30_000);

  test('tells what fails, what AWS retries, and puts what is given up into a folder', async () => {
    const file = await write(
      'failing.mjs',
      `export const handler = () => { throw new TypeError('no such customer'); };`,
    );
    const failures = join(folder, 'failures');
    const { stdout, stop } = start(
      file,
      '--stream',
      'orders',
      '--port',
      '0',
      '--retries',
      '1',
      '--on-failure',
      failures,
    );
    const text = await stdout.until((some) => some.includes('orders → failing'));
    await put(/http:\S+/.exec(text)?.[0] ?? '', 'order');
    await stdout.until((some) => some.includes('gave up'));
    const { stderr } = await stop();
    expect(stdout.text).toContain('✗ TypeError: no such customer');
    expect(stdout.text).toContain('↻ AWS tries 1 record again, attempt 2 of 2');
    expect(stdout.text).toContain(`gave up 1 record after 2 attempts`);
    expect(stderr).toContain('Put a record');
    const [object = ''] = (await readdir(join(failures, 's3/failures'), { recursive: true })).filter((name) =>
      /T\d\d\.\d\d\.\d\d-/.test(name),
    );
    const document = JSON.parse(await readFile(join(failures, 's3/failures', object), 'utf8')) as {
      payload: string;
    };
    expect(JSON.parse(document.payload)).toMatchObject({ Records: [{ kinesis: { partitionKey: 'ada' } }] });
  }, 30_000);

  test('runs a handler behind a stream of a server that is there, from now on', async () => {
    await using server = await startServer({ port: 0, streams: { orders: {} } });
    await put(server.endpoint, 'before');
    const file = await write(
      'there.cjs',
      `exports.handler = async (event) => console.log('got', atob(event.Records[0].kinesis.data));`,
    );
    const { stdout, stop } = start(file, '--stream', 'orders', '--endpoint-url', server.endpoint);
    await stdout.until((some) => some.includes('orders → there'));
    await put(server.endpoint, 'after');
    await stdout.until((some) => some.includes('✓ done'));
    expect((await stop()).code).toBe(0);
    expect(stdout.text).toContain('got after');
    expect(stdout.text).not.toContain('before');
  }, 30_000);

  test.each([['--inspect'], ['--inspect-wait']])(
    '%s leads from nothing to a breakpoint in a TypeScript handler, and nothing times out there',
    async (flag) => {
      const file = await write(
        `stops${flag}.ts`,
        `export async function handler(event: { Records: unknown[] }): Promise<void> {
           const found: number = event.Records.length;
           debugger;
           console.log('went on with', found);
         }`,
      );
      const argv = [file, '--stream', 'orders', '--port', '0', '--inspect-port', await freePort(), flag];
      const { stdout, stop } = start(...argv, '--timeout', '50ms');
      const text = await stdout.until(
        (some) => some.includes('orders → stops') && some.includes('debugger:'),
      );
      await using debug = await Debugger.attach(/ws:\S+/.exec(text)?.[0] ?? '');
      await debug.begin();
      await put(/http:\S+/.exec(text)?.[0] ?? '', 'apple');
      expect(await debug.paused()).toBe('handler');
      expect(stdout.text).not.toContain('went on');
      // With it an editor finds the line of a breakpoint that was set in the TypeScript.
      expect(debug.sourceMapOf(file)).toMatch(/^data:application\/json/);
      await debug.call('Debugger.resume');
      await stdout.until((some) => some.includes('✓ done'));
      expect(stdout.text).toContain('went on with 1');
      expect((await stop()).code).toBe(0);
    },
    30_000,
  );

  test.each([['--inspect'], ['--inspect-wait']])(
    'with %s a breakpoint on a line of the TypeScript holds there, and its variables can be seen',
    async (flag) => {
      const file = await write(
        `breaks${flag}.ts`,
        `interface Event { Records: { kinesis: { data: string } }[] }

export async function handler(event: Event): Promise<void> {
  const order: string = atob(event.Records[0]?.kinesis.data ?? '');
  console.log('went on with', order);
}
`,
      );
      const argv = [file, '--stream', 'orders', '--port', '0', '--inspect-port', await freePort(), flag];
      const { stdout, stop } = start(...argv);
      const text = await stdout.until(
        (some) => some.includes('orders → breaks') && some.includes('debugger:'),
      );
      await using debug = await Debugger.attach(/ws:\S+/.exec(text)?.[0] ?? '');
      await debug.begin();
      const line = 4;
      await debug.breakAt(file, line);
      await put(/http:\S+/.exec(text)?.[0] ?? '', 'apple');
      expect(await debug.paused()).toBe('handler');
      expect(debug.pausedLine(file)).toBe(line);
      expect(await debug.look('order')).toBe('apple');
      expect(stdout.text).not.toContain('went on');
      await debug.call('Debugger.resume');
      await stdout.until((some) => some.includes('went on with apple'));
      expect((await stop()).code).toBe(0);
    },
    30_000,
  );

  test('reads with enhanced fan-out through a consumer it registers in a Kinesis of its own', async () => {
    const file = await write(
      'wide.mjs',
      `export const handler = ({ Records }) => console.log('got', Records.length);`,
    );
    const { stdout, stop } = start(
      file,
      '--stream',
      'orders',
      '--port',
      '0',
      '--consumer',
      'billing',
      '--json',
    );
    const text = await stdout.until((some) => some.includes('"type":"ready"'));
    const { endpoint, settings } = JSON.parse(lineWith(text, 'ready')) as {
      endpoint: string;
      settings: { EventSourceArn: string };
    };
    expect(settings.EventSourceArn).toMatch(/:stream\/orders\/consumer\/billing:\d+$/);
    await put(endpoint, 'apple');
    await stdout.until((some) => some.includes('got 1'));
    expect((await stop()).code).toBe(0);
  }, 30_000);

  test('reads through a consumer that is there, and registers none where it would cost', async () => {
    await using server = await startServer({ port: 0, streams: { orders: {} } });
    const file = await write(
      'there.mjs',
      `export const handler = ({ Records }) => console.log('got', Records.length);`,
    );
    const argv = [file, '--stream', 'orders', '--endpoint-url', server.endpoint, '--consumer', 'billing'];
    const missing = await runCli(['dev', ...argv]);
    expect(missing).toMatchObject({ code: 3, stdout: '' });
    expect(missing.stderr).toContain('millrace consumers register orders billing');
    const register = ['consumers', 'register', 'orders', 'billing', '--endpoint-url', server.endpoint];
    expect((await runCli(register)).code).toBe(0);
    const { stdout, stop } = start(...argv);
    await stdout.until((some) => some.includes('orders → there'));
    await put(server.endpoint, 'apple');
    await stdout.until((some) => some.includes('got 1'));
    expect((await stop()).code).toBe(0);
  }, 30_000);

  test('says of a stream that is not there that it is not', async () => {
    await using server = await startServer({ port: 0 });
    const file = await write('nobody.mjs', 'export const handler = () => {};');
    const { code, stderr } = await runCli([
      'dev',
      file,
      '--stream',
      'orders',
      '--endpoint-url',
      server.endpoint,
    ]);
    expect(code).toBe(3);
    expect(stderr).toContain('orders');
  });

  test.each([
    [[], '--stream'],
    [['--stream', 'a:0'], '--stream'],
    [['--stream', 'a', '--window', '1500ms'], '--window'],
    [['--stream', 'a', '--window', '301s'], 'maximumBatchingWindowInSeconds'],
    [['--stream', 'a', '--max-age', '30s'], 'MaximumRecordAgeInSeconds'],
    [['--stream', 'a', '--filter', '{'], 'Invalid filter pattern definition.'],
    [['--stream', 'a', '--from', 'after:1'], '--from'],
    [['--stream', 'a', '--env', 'SHOP'], '--env'],
    [['--stream', 'a', '--batch-size', '0'], '--batch-size'],
    [['--stream', 'a', '--consumer', 'a b'], '--consumer'],
  ])('refuses %j and names %s', async (argv, told) => {
    const file = await write('plain.mjs', 'export const handler = () => {};');
    const { code, stderr } = await runCli(['dev', file, '--port', '0', ...argv]);
    expect(code).toBe(2);
    expect(stderr).toContain(told);
  });

  test('says of a handler that is not there that it is not', async () => {
    const { code, stderr } = await runCli(['dev', 'nowhere.ts', '--stream', 'a', '--port', '0']);
    expect(code).toBe(3);
    expect(stderr).toContain('There is no file');
  });
});

function lineWith(text: string, word: string): string {
  return text.split('\n').find((line) => line.includes(word)) ?? '';
}

function greeter(greeting: string): string {
  return `interface Event { Records: { kinesis: { data: string } }[] }
    export const handler = async (event: Event): Promise<void> => {
      for (const { kinesis } of event.Records) {
        console.log(${JSON.stringify(greeting)}, atob(kinesis.data), process.env['AWS_ENDPOINT_URL'], process.env['SHOP']);
      }
    };`;
}
