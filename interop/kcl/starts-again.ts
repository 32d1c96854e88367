import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

import { startServer } from '@millrace/local';
import { run } from 'millrace';

import { Handled, until } from '../handled.ts';
import { placeOf, placesOf } from './places.ts';
import { javaWorker, putAll, reshard, stream, texts, type Kcl } from './stage.ts';

const group = 'again';

/**
 * A Java worker has read everything, through a split and a merge. `millrace leases reset` moves its checkpoints back to a time
 * before these, and the next Java worker begins there: the parents again, then their children, and nothing from before.
 */
export async function startsAgain(kcl: Kcl): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards: 3 } } });
  const { connection } = server.kinesis;
  const before = texts('before', 600);
  await putAll(connection, before, 'shard');
  const old = await placesOf(connection, stream);
  // Records are from before a time when they arrived in an earlier millisecond.
  await sleep(5);
  const at = new Date();
  await sleep(5);
  const after = [...texts('parents', 600), ...texts('children', 600)];
  await putAll(connection, after.slice(0, 600), 'shard');
  await reshard(server);
  await putAll(connection, after.slice(600), 'shard');
  const places = await placesOf(connection, stream);

  const handled = new Handled();
  const order: string[] = [];
  const worker = (name: string): ReturnType<typeof javaWorker> =>
    javaWorker(kcl, server, 'POLLING', group, {
      onEvent(event) {
        if (event.what === 'record') handled.add(name, event, event.text);
        else order.push(`${name} ${event.what} ${event.shardId}`);
      },
    });
  await using first = worker('first');
  await until('Java has read everything', () => handled.countOf('first') === 1800, [first.ended]);
  const ends = (name: string): number => order.filter((event) => event.startsWith(`${name} end `)).length;
  await until('Java has ended the parents', () => ends('first') === 3, [first.ended]);
  await first.stop();

  await millrace(
    server.endpoint,
    'leases',
    'reset',
    group,
    '--to',
    at.toISOString(),
    '--lease-duration',
    '1s',
  );
  await using second = worker('second');
  await until('Java has read again what came from then on', () => handled.countOf('second') === 1200, [
    second.ended,
  ]);
  await until('Java has ended the parents again', () => ends('second') === 3, [second.ended]);
  await second.stop();
  for (const [shardId, there] of places) {
    const again = handled.of('second', shardId).map(placeOf);
    assert.deepEqual(again, there.slice(old.get(shardId)?.length ?? 0), 'each record from then on, in order');
  }
  assert.equal(handled.again, 1200);
  handled.assertWhole([...before, ...after]);
  for (const child of ['shardId-000000000003', 'shardId-000000000004', 'shardId-000000000005']) {
    const parents = child.endsWith('5')
      ? ['shardId-000000000001', 'shardId-000000000002']
      : ['shardId-000000000000'];
    for (const parent of parents)
      assert.ok(
        order.indexOf(`second end ${parent}`) < order.indexOf(`second start ${child}`),
        `${child} begins when ${parent} has ended`,
      );
  }
  return `reset to a time: of 1800 records the 1200 from then on again, parents before children, no other`;
}

/** The command, on that server; fails with what it says. */
async function millrace(endpoint: string, ...argv: readonly string[]): Promise<void> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const said = Promise.all([text(stdout), text(stderr)]);
  const io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    isTTY: { stdin: false, stdout: false, stderr: false },
  };
  const code = await run([...argv, '--yes', '--endpoint-url', endpoint, '--region', 'us-east-1'], io);
  stdout.end();
  stderr.end();
  assert.equal(code, 0, (await said).join('\n'));
}
