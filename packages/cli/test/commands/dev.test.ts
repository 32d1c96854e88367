import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { KinesisClient, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { startServer } from '@millrace/local';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

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
