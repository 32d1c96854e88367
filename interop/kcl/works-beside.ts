import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { createConsumer, rawStream } from '@millrace/kinesis';
import { startServer } from '@millrace/local';

import { Handled, until } from '../handled.ts';
import { startLeaseLedger } from '../lease-ledger.ts';
import {
  againBound,
  closing,
  connectionOf,
  failoverMs,
  javaWorker,
  reshard,
  startFeed,
  stream,
  textOf,
  type Kcl,
} from './stage.ts';

/** Both at once on one table while records come and shards are split and merged, until Java leaves. */
export async function worksBeside(kcl: Kcl): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards: 6 } } });
  await using plain = closing(connectionOf(server));
  await using ledger = await startLeaseLedger(server.endpoint, plain.leases('beside'));
  await using leases = closing(connectionOf({ endpoint: ledger.endpoint }));
  const handled = new Handled();
  await using java = javaWorker(kcl, server, 'POLLING', 'beside', {
    dynamodb: ledger.endpoint,
    onEvent(event) {
      if (event.what === 'record') handled.add('java', event, event.text);
    },
  });
  await using ours = createConsumer(
    rawStream(stream),
    { ...plain, leases: (group) => leases.leases(group) },
    {
      group: 'beside',
      workerId: 'ours',
      from: 'oldest',
      leaseDuration: failoverMs,
      pollInterval: 200,
    },
  );
  const expected: string[] = [];
  await using feed = startFeed(server.kinesis.connection, expected);
  await until('Java has begun', () => handled.countOf('java') > 0, [java.ended]);
  const running = ours.run({
    eachRecord: (record) => handled.add('ours', record, textOf(record.value)),
  });
  // Whatever is waited for races it.
  running.catch(() => {});
  const owners = async (): Promise<ReadonlySet<string | undefined>> =>
    new Set((await plain.leases('beside').list()).map(({ owner }) => owner));
  await until('both hold leases', async () => (await owners()).has('java') && (await owners()).has('ours'), [
    java.ended,
    running,
  ]);
  await sleep(8000);
  await reshard(server);
  await sleep(12_000);
  const both = { java: handled.countOf('java'), ours: handled.countOf('ours') };
  await java.stop();
  await until('ours goes on alone', () => handled.countOf('ours') > both.ours + 200, [running]);
  await feed.stop();
  await until('all is handled', () => handled.distinct === expected.length, [running]);
  await ours.close();
  await running;
  handled.assertWhole(expected);
  assert.deepEqual(ledger.violations, []);
  assert.ok(both.java > 0 && both.ours > 0);
  const bound = againBound(ledger.switches);
  assert.ok(handled.again <= bound, `no more than ${bound} records come again: ${handled.again}`);
  return (
    `side by side ${handled.countOf('java')} by Java and ${handled.countOf('ours')} by ours of ${expected.length}: ` +
    `none lost, ${handled.again} twice; ${ledger.writes} lease writes, ${ledger.switches} leases changed hands, ${ledger.refused} writes refused, none wrong`
  );
}
