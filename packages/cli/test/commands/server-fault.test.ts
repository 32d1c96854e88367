import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { startServer } from '@millrace/local';
import { expect, test } from 'vitest';

import { runCli } from '../support/run-cli.ts';

async function open() {
  const server = await startServer({ port: 0, streams: { orders: {} } });
  const fault = (...argv: string[]) =>
    runCli(['server', 'fault', ...argv, '--endpoint-url', server.endpoint]);
  return { server, fault, [Symbol.asyncDispose]: () => server.close() };
}

test('a fault is set as it is written, and answered with its id', async () => {
  await using kit = await open();
  const flags =
    '--op PutRecords --op PutRecord --error ProvisionedThroughputExceededException --rate 0.2 ' +
    '--latency 50ms..2s --for 30s --calls 7 --stream orders';
  const { code, lines } = await kit.fault(...flags.split(' '));
  const rule = {
    operation: ['PutRecords', 'PutRecord'],
    error: 'ProvisionedThroughputExceededException',
    rate: 0.2,
    latency: '50ms..2s',
    for: 30_000,
    calls: 7,
    stream: 'orders',
  };
  expect({ code, lines }).toMatchObject({ code: 0, lines: [{ ...rule, id: '1', hits: 0 }] });
  expect(kit.server.kinesis.faults.active).toMatchObject([{ given: rule }]);
});

test('a fault that is set is what a client meets, until it is lifted', async () => {
  await using kit = await open();
  const ls = () => runCli(['streams', 'ls', '--endpoint-url', kit.server.endpoint]);
  await kit.fault('--op', 'ListStreams', '--error', 'AccessDeniedException', '--message', 'Not today.');
  const refused = await ls();
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('Not today.');
  expect((await kit.fault('--list')).lines).toMatchObject([{ id: '1', error: 'AccessDeniedException' }]);
  expect((await kit.fault('--lift', '1')).code).toBe(0);
  expect((await ls()).code).toBe(0);
});

test('on a terminal a fault that was set is shown as the list shows it', async () => {
  await using kit = await open();
  const { stdout } = await runCli(
    ['server', 'fault', '--op', 'PutRecords', '--latency', '5', '--endpoint-url', kit.server.endpoint],
    { tty: { stdout: true }, env: { NO_COLOR: '1' } },
  );
  expect(stdout).toMatch(/^ID {2}HITS {2}SET AT +FAULT\n1 +0 {2}\S+ {2}latency=5 operation=PutRecords\n$/);
});

test('--clear lifts every fault', async () => {
  await using kit = await open();
  await kit.fault('--drop', 'after');
  await kit.fault('--records', '20%', '--shard', 'shardId-000000000000');
  await kit.fault('--records', '3', '--latency', '5');
  expect(kit.server.kinesis.faults.active).toHaveLength(3);
  const { code, lines } = await kit.fault('--clear');
  expect({ code, lines }).toEqual({ code: 0, lines: [] });
  expect(kit.server.kinesis.faults.active).toEqual([]);
});

test.each([
  [[], 'error, records, latency and drop'],
  [['--rate', '2', '--drop', 'after'], '--rate'],
  [['--error', 'NoSuchException'], 'fault.error'],
  [['--records', '0'], 'fault.records'],
  [['--latency', 'long'], 'fault.latency'],
  [['--drop', 'sometimes'], '--drop'],
  [['--lift', '9'], 'No fault 9'],
])('server fault %j is a usage error', async (argv, told) => {
  await using kit = await open();
  const { code, stderr } = await kit.fault(...argv);
  expect(code).toBe(2);
  expect(stderr).toContain(told);
});

test('what is no millrace server is said to be none', async () => {
  const other = createServer((_request, response) => response.end('hello'));
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const argv = ['server', 'fault', '--drop', 'before', '--endpoint-url', `http://127.0.0.1:${port}`];
  const stranger = await runCli(argv);
  expect(stranger.stderr).toContain('is no millrace server');
  await new Promise((resolve) => other.close(resolve));
  const nobody = await runCli(argv);
  expect(nobody.stderr).toContain(`No server answers at http://127.0.0.1:${port}`);
  expect([stranger.code, nobody.code]).not.toContain(0);
});
