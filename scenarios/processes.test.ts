import { setTimeout as sleep } from 'node:timers/promises';

import { createProducer, defineStream } from '@millrace/kinesis';
import { startServer } from '@millrace/local';
import { expect, test } from 'vitest';

import { Fleet, type Handled } from './fleet/fleet.ts';
import { Proxy } from './fleet/proxy.ts';

const steps = defineStream<{ key: string; n: number }>({ name: 'steps', key: (step) => step.key });
const keys = 40;
/** A machine that has much else to do starts a process in half a minute. */
const waitMs = 100_000;

test.each(['polling', 'auto'])(
  'by %s, with limits enforced, nothing is lost and every key stays in order through a kill, a stop, a pause longer than a lease, a cut network and a reshard',
  { timeout: 400_000 },
  async (retrieval) => {
    await using server = await startServer({
      port: 0,
      enforceLimits: true,
      streams: { steps: { shards: 4 } },
    });
    const { kinesis, endpoint } = server;
    await using proxy = await Proxy.open(endpoint);
    await using fleet = new Fleet();
    fleet.start('killed', endpoint, retrieval);
    fleet.start('paused', endpoint, retrieval);
    fleet.start('cut off', proxy.endpoint, retrieval);
    fleet.start('stopped', endpoint, retrieval);

    let sent = 0;
    const feeding = new AbortController();
    const feed = (async () => {
      await using producer = createProducer(steps, kinesis.connection, {
        ordering: 'key',
        aggregation: 'key',
      });
      for (; !feeding.signal.aborted; sent++) {
        await producer.put({ key: `k${sent % keys}`, n: Math.floor(sent / keys) });
        await sleep(3);
      }
    })();
    // What happens happens to workers in the middle of their work.
    await until('every worker has begun', fleet, () =>
      ['killed', 'paused', 'cut off', 'stopped'].every((name) => fleet.of(name).length > 0),
    );
    await fleet.signal('killed', 'SIGKILL');
    await fleet.signal('paused', 'SIGSTOP');
    await sleep(1000);
    kinesis.engine.updateShardCount('steps', 8);
    proxy.cut();
    await sleep(4000);
    proxy.mend();
    await fleet.signal('paused', 'SIGCONT');
    fleet.start('late', endpoint, retrieval);
    await until('the late worker has begun', fleet, () => fleet.of('late').length > 0);
    await fleet.signal('stopped', 'SIGTERM');
    await sleep(1000);
    feeding.abort();
    await feed;

    await until('all is handled', fleet, () => first(fleet.handled).size === sent);
    expect(fleet.wrongEnds).toEqual([]);
    for (let key = 0; key < Math.min(keys, sent); key++) {
      const numbers = [...first(fleet.handled).values()]
        .filter((one) => one.key === `k${key}`)
        .map(({ n }) => n);
      expect(numbers).toEqual(numbers.map((_, index) => index));
    }
  },
);

/** First deliveries, in their order. */
function first(handled: readonly Handled[]): ReadonlyMap<string, Handled> {
  const seen = new Map<string, Handled>();
  for (const one of handled) {
    const id = `${one.key}/${one.n}`;
    if (!seen.has(id)) seen.set(id, one);
  }
  return seen;
}

/** Says what it waited for in vain, before the test as a whole is out of time; at once when a worker has ended that should not. */
async function until(what: string, fleet: Fleet, done: () => boolean): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!done()) {
    if (fleet.wrongEnds.length > 0) throw new Error(`Before ${what}: ${fleet.wrongEnds.join('; ')}.`);
    if (performance.now() > deadline) throw new Error(`Still to come after ${waitMs / 1000} s: ${what}.`);
    await sleep(50);
  }
}
