import { expect, test } from 'vitest';

import { createLocalCli } from '../support/local.ts';

test('a consumer is registered, listed, described and deregistered', async () => {
  await using cli = await createLocalCli({
    streams: { orders: {} },
    registerConsumerTime: '3s',
    deregisterConsumerTime: '2s',
  });
  const made = await cli.run(['consumers', 'register', 'orders', 'billing']);
  expect(made.lines).toMatchObject([{ stream: 'orders', name: 'billing', status: 'ACTIVE' }]);
  const listed = await cli.run(['consumers', 'ls', 'orders']);
  expect(listed.lines).toMatchObject([{ stream: 'orders', name: 'billing', status: 'ACTIVE' }]);
  expect((await cli.run(['consumers', 'describe', 'orders', 'billing', '--json'])).lines).toMatchObject([
    { name: 'billing', arn: expect.stringContaining(':stream/orders/consumer/billing:') as unknown },
  ]);
  const gone = await cli.run(['consumers', 'deregister', 'orders', 'billing', '--yes']);
  expect(gone.lines).toMatchObject([{ name: 'billing', status: 'DELETED' }]);
  expect((await cli.run(['consumers', 'ls', 'orders'])).lines).toEqual([]);
});

test('registering again is an error, unless it may be there', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.run(['consumers', 'register', 'orders', 'billing']);
  const again = await cli.run(['consumers', 'register', 'orders', 'billing']);
  expect(again.code).toBe(1);
  expect(again.stderr).toContain('Stream orders has a fan-out consumer billing already.');
  expect(again.stderr).toContain('--if-not-exists');
  expect((await cli.run(['consumers', 'register', 'orders', 'billing', '--if-not-exists'])).code).toBe(0);
});

test('--no-wait returns while it is CREATING, and waiting too long is exit code 8', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} }, registerConsumerTime: '1m' });
  const made = await cli.run(['consumers', 'register', 'orders', 'a', '--no-wait']);
  expect(made.lines).toMatchObject([{ status: 'CREATING' }]);
  const waited = await cli.run(['consumers', 'register', 'orders', 'b', '--timeout', '5s']);
  expect(waited.code).toBe(8);
});

test('deregistering asks first, and a dry run leaves it', async () => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  await cli.run(['consumers', 'register', 'orders', 'billing']);
  const unasked = await cli.run(['consumers', 'deregister', 'orders', 'billing']);
  expect(unasked.code).toBe(2);
  expect(unasked.stderr).toContain('--yes');
  expect((await cli.run(['consumers', 'deregister', 'orders', 'billing', '--dry-run'])).lines).toMatchObject([
    { name: 'billing', dryRun: true },
  ]);
  expect((await cli.run(['consumers', 'ls', 'orders'])).lines).toHaveLength(1);
});

test.each([
  [['consumers', 'ls', 'nope'], 'STREAM_NOT_FOUND'],
  [['consumers', 'describe', 'orders', 'nobody'], 'DATA_MISSING'],
  [['consumers', 'deregister', 'orders', 'nobody', '--yes'], 'DATA_MISSING'],
])('%j is exit code 3', async (argv, code) => {
  await using cli = await createLocalCli({ streams: { orders: {} } });
  const result = await cli.run([...argv, '--json']);
  expect(result.code).toBe(3);
  expect(JSON.parse(result.stderr)).toMatchObject({ code });
});
