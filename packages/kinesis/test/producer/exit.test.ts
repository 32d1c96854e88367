import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { connect } from '@millrace/kinesis/aws';
import type { ProducerOptions } from '@millrace/kinesis/producer';
import { startServer, type LocalServer } from '@millrace/local';
import { afterEach, beforeEach, expect, test } from 'vitest';

let server: LocalServer;
beforeEach(async () => {
  server = await startServer({ port: 0, streams: { orders: { shards: 2 } } });
});
afterEach(() => server.close());

// What keeps a process alive, and what it leaves behind, only a process can show.
function start(how: string, options: ProducerOptions): ChildProcess {
  return fork(join(import.meta.dirname, 'exit-program.ts'), [server.endpoint, how, JSON.stringify(options)], {
    execArgv: ['--conditions=@millrace/source', '--import', 'tsx'],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
}

async function storedRecords(): Promise<number> {
  const connection = connect({
    endpoint: server.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  const { reader } = connection;
  let count = 0;
  for (const { shardId } of await reader.listShards('orders')) {
    const iterator = await reader.openIterator('orders', shardId, { type: 'oldest' });
    count += (await reader.read(iterator, { stream: 'orders', limit: 10_000 })).records.length;
  }
  await connection.close();
  return count;
}

test.each([
  ['that closes its producer', 'closes', { linger: '5s' }],
  ['that just ends', 'ends', { linger: 50 }],
  ['that just ends, in order, having looked at the shards', 'ends', { linger: 50, ordering: 'shard' }],
  ['that closes its producer on SIGTERM', 'on SIGTERM', { linger: '60s' }],
] as const)(
  'a program %s has stored everything when it is gone, and nothing keeps it',
  async (_name, how, options) => {
    const program = start(how, { ...options });
    program.disconnect();
    if (how === 'on SIGTERM') {
      await once(program.stdout ?? program, 'data');
      program.kill('SIGTERM');
    }
    const [code, signal] = await once(program, 'exit');
    expect({ code, signal }).toEqual({ code: 0, signal: null });
    expect(await storedRecords()).toBe(1000);
  },
  30_000,
);
