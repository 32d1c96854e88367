import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { until, type Handled, type Place } from '../handled.ts';
import { againBound, besideJava, failoverMs, type BesideJava, type Kcl } from './stage.ts';

const group = 'killed';

/**
 * Both at once; one of ours is killed and Java has to go on with its shards, another of ours comes, Java is killed, and ours has
 * to go on with all. A process that is killed gives nothing back: its leases have to run out.
 */
export function isKilled(kcl: Kcl): Promise<string> {
  return besideJava(kcl, { group, shards: 6 }, scene);
}

async function scene({
  server,
  java,
  ledger,
  store,
  handled,
  expected,
  stopFeed,
}: BesideJava): Promise<string> {
  const owners = async (): Promise<readonly (string | undefined)[]> =>
    (await store.list()).map(({ owner }) => owner);
  const both = (name: string) => async (): Promise<boolean> => {
    const all = await owners();
    return all.includes('java') && all.filter((owner) => owner === name).length >= 2;
  };
  const allOf = (name: string) => async (): Promise<boolean> =>
    (await owners()).every((owner) => owner === name);

  await using first = startOurs('ours-1', server.endpoint, ledger.endpoint, handled);
  await until('ours holds leases beside Java', both('ours-1'), [java.ended, first.ended]);
  await until('ours has begun', () => handled.countOf('ours-1') > 20, [java.ended, first.ended]);
  await first.kill();
  let killedAt = performance.now();
  await until('Java has all leases of the killed one', allOf('java'), [java.ended]);
  const javaTookMs = performance.now() - killedAt;

  await using second = startOurs('ours-2', server.endpoint, ledger.endpoint, handled);
  await until('the next of ours holds leases beside Java', both('ours-2'), [java.ended, second.ended]);
  await until('the next of ours has begun', () => handled.countOf('ours-2') > 20, [java.ended, second.ended]);
  await java.kill();
  killedAt = performance.now();
  await until('ours has all leases of the killed Java', allOf('ours-2'), [second.ended]);
  const oursTookMs = performance.now() - killedAt;
  // A lease runs out after its duration at most; then come two looks at the leases and the slowness of this machine.
  assert.ok(oursTookMs < 3 * failoverMs, `ours had the killed worker's leases after ${oursTookMs} ms`);

  await stopFeed();
  await until('all is handled', () => handled.distinct === expected.length, [second.ended]);
  handled.assertWhole(expected);
  assert.deepEqual(ledger.violations, []);
  const bound = againBound(ledger.switches);
  assert.ok(handled.again <= bound, `no more than ${bound} records come again: ${handled.again}`);
  return (
    `killed: Java had ours' leases after ${Math.round(javaTookMs)} ms, ours had Java's after ${Math.round(oursTookMs)} ms; ` +
    `${expected.length} records, none lost, ${handled.again} twice; ${ledger.writes} lease writes, none wrong`
  );
}

/** One of ours in a process of its own. */
function startOurs(
  name: string,
  kinesis: string,
  dynamodb: string,
  handled: Handled,
): AsyncDisposable & { readonly ended: Promise<never>; kill(): Promise<void> } {
  const child = fork(join(import.meta.dirname, 'our-worker.ts'), [kinesis, dynamodb, group, name], {
    execArgv: ['--import', 'tsx', '--conditions', '@millrace/source'],
  });
  child.on('message', (told) => {
    const { text, ...place } = told as Place & { readonly text: string };
    handled.add(name, place, text);
  });
  const exited = once(child, 'exit');
  const ended = exited.then(([code]): never => assert.fail(`${name} ended with ${String(code)}`));
  ended.catch(() => {});
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  return { ended, kill, [Symbol.asyncDispose]: kill };
}
