import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import { nextTurn, systemClock } from '@millrace/kinesis/runtime';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import type { FunctionEvent } from '../../src/functions/function.ts';
import type { HandlerFile } from '../../src/functions/handler-file.ts';
import { FunctionRegistry, type FunctionOptions } from '../../src/functions/registry.ts';

let folder = '';
const registry = new FunctionRegistry({
  clock: systemClock,
  region: 'us-east-1',
  accountId: '000000000000',
  tell: () => {},
});
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-functions-'));
});
afterEach(() => registry.close());
afterAll(() => rm(folder, { recursive: true }));

async function add(
  name: string,
  text: string,
  options: FunctionOptions = {},
  code: Partial<HandlerFile> = {},
) {
  const file = join(folder, name);
  await writeFile(file, text);
  const events: FunctionEvent[] = [];
  const added = await registry.add(
    { file, ...code },
    { timeout: '10s', ...options, onEvent: (event) => events.push(event) },
  );
  const lines = () => events.flatMap((event) => (event.type === 'log' ? [event.line] : []));
  return { added, events, lines };
}

describe('a handler in a process of its own', () => {
  test('is kept warm for the next invocation, and given a second process for one at the same time', async () => {
    const { added, events } = await add(
      'warm.mjs',
      `let count = 0;
       export const handler = async (event) => {
         await new Promise((resolve) => setTimeout(resolve, event.wait));
         return { pid: process.pid, count: ++count };
       };`,
    );
    const first = await added.invoke({ wait: 0 });
    const second = await added.invoke({ wait: 0 });
    expect([responseOf(first), responseOf(second)]).toMatchObject([{ count: 1 }, { count: 2 }]);
    const pids = [
      first,
      second,
      ...(await Promise.all([added.invoke({ wait: 100 }), added.invoke({ wait: 100 })])),
    ]
      .map(responseOf)
      .map(({ pid }) => pid);
    expect(new Set(pids).size).toBe(2);
    expect(pids).not.toContain(process.pid);
    const reports = events.filter((event) => event.type === 'report');
    expect(reports.map(({ initMs }) => initMs !== undefined)).toEqual([true, false, false, true]);
    expect(reports.every(({ maxMemoryMb = 0 }) => maxMemoryMb > 10)).toBe(true);
  });
  test('is ended when it takes too long, even in an endless loop, and the next invocation is a cold one', async () => {
    const { added } = await add(
      'loop.mjs',
      'export const handler = (event) => { while (event.loop) {} return process.pid; };',
      { timeout: 300 },
    );
    const before = await added.invoke({});
    const late = await added.invoke({ loop: true });
    expect(late).toMatchObject({
      type: 'error',
      functionError: 'Unhandled',
      error: { type: 'Sandbox.Timedout' },
    });
    expect(late).toHaveProperty(
      'error.message',
      expect.stringContaining('Task timed out after 0.30 seconds'),
    );
    const after = await added.invoke({});
    expect(after).toMatchObject({ type: 'response' });
    expect(after).not.toEqual(before);
  });
  test('that exits fails its invocation, and no other', async () => {
    const { added } = await add(
      'exit.mjs',
      'export const handler = (event) => { if (event.exit) process.exit(3); return 1; };',
    );
    expect(await added.invoke({ exit: true })).toMatchObject({
      type: 'error',
      error: { type: 'Runtime.ExitError', message: expect.stringContaining('exit status 3') as unknown },
    });
    expect(await added.invoke({})).toMatchObject({ type: 'response', response: 1 });
  });
  test.each([
    ['cannot be loaded', `throw new RangeError('no configuration');`, 'RangeError'],
    ['has no such export', 'export const other = 1;', 'Runtime.HandlerNotFound'],
  ])('that %s says so', async (name, text, type) => {
    const { added } = await add(`${name.replaceAll(' ', '-')}.mjs`, text);
    expect(await added.invoke({})).toMatchObject({ type: 'error', error: { type } });
  });
  test('may take a callback, be CommonJS, and write lines that are told by their invocation', async () => {
    const { added, events } = await add(
      'callback.cjs',
      `exports.main = (event, context, done) => {
         console.log('one', context.functionName, context.memoryLimitInMB);
         console.error('two', context.getRemainingTimeInMillis() > 9000);
         setImmediate(() => (event.fail ? done(new TypeError('no')) : done(null, { ok: true })));
       };`,
      { memoryMb: 256 },
      { export: 'main' },
    );
    const result = await added.invoke({});
    expect(responseOf(result)).toEqual({ ok: true });
    const logs = events.filter((event) => event.type === 'log');
    expect(logs).toEqual([
      { type: 'log', requestId: result.requestId, line: 'one callback 256' },
      { type: 'log', requestId: result.requestId, line: 'two true' },
    ]);
    expect(await added.invoke({ fail: true })).toMatchObject({ error: { type: 'TypeError', message: 'no' } });
  });
  test('may be an executable that speaks the Lambda runtime API', async () => {
    const file = join(folder, 'bootstrap');
    await writeFile(
      file,
      `#!${process.execPath}
       const base = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime';
       (async () => {
         for (;;) {
           const next = await fetch(base + '/invocation/next');
           const id = next.headers.get('lambda-runtime-aws-request-id');
           const event = await next.json();
           const body = JSON.stringify({ records: event.Records.length, arn: next.headers.get('lambda-runtime-invoked-function-arn') });
           await fetch(base + '/invocation/' + id + '/response', { method: 'POST', body });
         }
       })();`,
    );
    await chmod(file, 0o755);
    const added = await registry.add({ file }, { name: 'custom', timeout: '10s' });
    expect(responseOf(await added.invoke({ Records: [1, 2] }))).toEqual({ records: 2, arn: added.arn });
  });
  test('that answers what is no JSON, or for another invocation, is not believed', async () => {
    const file = join(folder, 'careless');
    await writeFile(
      file,
      `#!${process.execPath}
       const base = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2018-06-01/runtime';
       const post = (path, body) => fetch(base + path, { method: 'POST', body });
       (async () => {
         for (;;) {
           const next = await fetch(base + '/invocation/next');
           const id = next.headers.get('lambda-runtime-aws-request-id');
           const body = await next.text();
           await post('/invocation/another/response', '"of another"');
           await post('/nothing/of/the/kind', '{');
           await post('/invocation/' + id + '/response', body === '{}' ? '{' : body);
         }
       })();`,
    );
    await chmod(file, 0o755);
    const added = await registry.add({ file }, { name: 'careless', timeout: '10s' });
    expect(await added.invoke({})).toMatchObject({
      type: 'error',
      error: { type: 'Runtime.InvalidResponse' },
    });
    expect(responseOf(await added.invoke({ id: 1 }))).toEqual({ id: 1 });
  });
  test('waits for a debugger where it says, runs once at a time, and is never late', async () => {
    const { added, events } = await add(
      'debugged.mjs',
      'export const handler = async () => { await new Promise((done) => setTimeout(done, 50)); return process.pid; };',
      { timeout: 1 },
      { inspect: { port: 0 } },
    );
    // Before there is anything to run: a breakpoint in the first invocation holds.
    while (!events.some(({ type }) => type === 'inspect')) await nextTurn();
    const [first, second] = await Promise.all([added.invoke({}), added.invoke({})]);
    expect(first).toMatchObject({ type: 'response' });
    expect(responseOf(second)).toEqual(responseOf(first));
    expect(events).toContainEqual({
      type: 'inspect',
      url: expect.stringMatching(/^ws:\/\/127\.0\.0\.1:\d+\//) as unknown,
    });
  });
  test('cannot answer more than Lambda takes', async () => {
    const { added } = await add('large.mjs', `export const handler = () => 'x'.repeat(6_400_000);`);
    expect(await added.invoke({})).toMatchObject({ error: { type: 'Function.ResponseSizeTooLarge' } });
    expect(await added.invoke({})).toMatchObject({ error: { type: 'Function.ResponseSizeTooLarge' } });
  });
});

function responseOf(result: { readonly type: string }): Record<string, unknown> {
  return 'response' in result ? (result.response as Record<string, unknown>) : {};
}
