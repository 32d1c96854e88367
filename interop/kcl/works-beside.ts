import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import { until } from '../handled.ts';
import { againBound, besideJava, oursBeside, reshard, type BesideJava, type Kcl } from './stage.ts';

const group = 'beside';

/** Both at once on one table while records come and shards are split and merged, until Java leaves. */
export function worksBeside(kcl: Kcl): Promise<string> {
  return besideJava(kcl, { group, shards: 6 }, scene);
}

async function scene(stage: BesideJava): Promise<string> {
  const { server, java, ledger, store, handled, expected, stopFeed } = stage;
  await using ours = oursBeside(stage, group);
  const { running } = ours;
  const owners = async (): Promise<ReadonlySet<string | undefined>> =>
    new Set((await store.list()).map(({ owner }) => owner));
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
  await stopFeed();
  await until('all is handled', () => handled.distinct === expected.length, [running]);
  await ours.close();
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
