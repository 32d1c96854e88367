import assert from 'node:assert/strict';
import { once } from 'node:events';

import { createConsumer, rawStream, type Connection } from '@millrace/kinesis';
import { isShardEnd, type Lease } from '@millrace/kinesis/lease';
import { startServer } from '@millrace/local';

import { Handled, until } from '../handled.ts';
import { placeOf, placesOf } from './places.ts';
import {
  closing,
  connectionOf,
  failoverMs,
  javaWorker,
  putAll,
  splitFirst,
  stream,
  textOf,
  texts,
  type Kcl,
} from './stage.ts';

const group = 'several';
const streams = [stream, 'taps'];
/** What ours handles of each open shard. */
const share = 100;

/**
 * Two streams in one group and on one lease table: Java, ours, Java, while a shard is split that Java had begun. Each goes on
 * exactly behind the other, in the midst of aggregates: ours behind Java in the parent, Java behind ours in the children.
 */
export async function severalStreams(kcl: Kcl): Promise<string> {
  await using server = await startServer({
    port: 0,
    streams: { [stream]: { shards: 2 }, taps: { shards: 1 } },
  });
  const expected: string[] = [];
  const put = async (name: string, count: number, to: string): Promise<void> => {
    const more = texts(name, count);
    expected.push(...more);
    await putAll(server.kinesis.connection, more, 'shard', to);
  };
  await put('click', 1200, stream);
  await put('tap', 600, 'taps');
  const handled = new Handled();
  const resting = new Map<string, string>();
  await using connection = closing(connectionOf(server));
  const leases = async (): Promise<ReadonlyMap<string, Lease>> =>
    new Map((await connection.leases(group).list()).map((lease) => [nameOf(lease), lease]));

  await using first = javaWorker(kcl, server, 'POLLING', group, {
    streams,
    limit: 200,
    onEvent(event) {
      if (event.what === 'record') handled.add('java-1', event, event.text);
      if (event.what === 'checkpoint') resting.set(event.shardId, placeOf(event));
    },
  });
  await until('Java rests on all shards of both streams', () => resting.size === 3, [first.ended]);
  await first.stop();
  for (const [name, lease] of await leases()) {
    assert.equal(placeOf({ shardId: name, ...lease.checkpoint }), resting.get(name));
    assert.ok(lease.checkpoint.subSequenceNumber > 0, 'Java stops within an aggregate');
  }

  await splitFirst(server);
  await put('later', 1200, stream);
  const places = await placesOfAll(server.kinesis.connection);
  const [parent = ''] = places.keys();
  const open = [...places.keys()].filter((name) => name !== parent);
  assert.equal(open.length, 4, 'the parent has two children, and two shards are as they were');
  await oursTakesTurn(connection, open, handled);
  const left = await leases();
  for (const [name, there] of places) {
    const mine = handled.of('ours', name).map(placeOf);
    const before = resting.get(name);
    assert.equal(
      mine[0],
      there[before === undefined ? 0 : there.indexOf(before) + 1],
      'ours goes on behind Java',
    );
    const lease = left.get(name);
    assert.ok(lease !== undefined && lease.owner === undefined, 'ours gives its leases back');
    if (name === parent) {
      assert.ok(isShardEnd(lease.checkpoint));
      assert.equal(mine.at(-1), there.at(-1), 'ours reads the parent to its end');
    } else {
      assert.equal(placeOf({ shardId: name, ...lease.checkpoint }), mine.at(-1));
      assert.ok(lease.checkpoint.subSequenceNumber > 0, 'ours stops within an aggregate');
    }
  }

  await using second = javaWorker(kcl, server, 'POLLING', group, {
    streams,
    onEvent(event) {
      if (event.what === 'record') handled.add('java-2', event, event.text);
    },
  });
  await until('Java has read the rest', () => handled.distinct === expected.length, [second.ended]);
  await second.stop();
  for (const name of open) {
    const there = places.get(name) ?? [];
    const before = handled.of('ours', name).map(placeOf).at(-1) ?? '';
    const [next] = handled.of('java-2', name).map(placeOf);
    assert.equal(next, there[there.indexOf(before) + 1], 'Java goes on behind ours');
  }
  assert.deepEqual(handled.of('java-2', parent), [], 'Java leaves the finished parent alone');
  handled.assertWhole(expected);
  assert.equal(handled.again, 0);
  const counts = ['java-1', 'ours', 'java-2'].map((worker) => handled.countOf(worker));
  return `two streams in turns ${counts.join(' + ')} (Java, ours, Java) = ${expected.length}, over a split, none lost, none twice`;
}

/** Handles the parent to its end and so much of each open shard, and leaves. */
async function oursTakesTurn(
  connection: Connection,
  open: readonly string[],
  handled: Handled,
): Promise<void> {
  await using ours = createConsumer(
    streams.map((name) => rawStream(name)),
    connection,
    {
      group,
      workerId: 'ours',
      from: 'oldest',
      leaseDuration: failoverMs,
      pollInterval: 200,
    },
  );
  const all = new AbortController();
  const allEnough = once(all.signal, 'abort');
  const running = ours.run({
    async eachRecord(record) {
      const name = nameOf(record);
      handled.add('ours', { ...record, shardId: name }, textOf(record.value));
      const counts = open.map((each) => handled.of('ours', each).length);
      if (!open.includes(name) || handled.of('ours', name).length < share) return;
      if (counts.every((count) => count >= share)) {
        void ours.close();
        all.abort();
      }
      await allEnough;
    },
  });
  await until('ours has handled its share', () => all.signal.aborted, [running]);
  await running;
}

async function placesOfAll(connection: Connection): Promise<ReadonlyMap<string, readonly string[]>> {
  const all = new Map<string, readonly string[]>();
  for (const each of streams) {
    for (const [shardId, places] of await placesOf(connection, each))
      all.set(
        nameOf({ stream: each, shardId }),
        places.map((place) => `${each}/${place}`),
      );
  }
  return all;
}

/** A shard and its stream, as the Java worker tells of them. */
function nameOf(of: Lease | { readonly stream: string; readonly shardId: string }): string {
  const name = 'stream' in of ? of.stream : of.streamIdentifier?.split(':')[1];
  return `${name}/${of.shardId}`;
}
