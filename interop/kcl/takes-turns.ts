import assert from 'node:assert/strict';
import { once } from 'node:events';

import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListStreamConsumersCommand,
} from '@aws-sdk/client-kinesis';
import { createConsumer, rawStream } from '@millrace/kinesis';
import { startServer, type LocalServer } from '@millrace/local';

import { Handled, until } from '../handled.ts';
import type { JavaEvent } from '../java-worker.ts';
import { placeOf, placesOf } from './places.ts';
import {
  closing,
  connectionOf,
  credentials,
  failoverMs,
  javaWorker,
  putAll,
  stream,
  textOf,
  texts,
  type Kcl,
} from './stage.ts';

/**
 * One lease table, Java, ours, Java: each goes on exactly behind the other, in the midst of aggregates. With enhanced fan-out they
 * share the consumer that is registered for the group.
 */
export async function takesTurns(kcl: Kcl, retrieval: 'POLLING' | 'FAN_OUT'): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards: 2 } } });
  const expected = texts('turn', 3000);
  for (let at = 0; at < expected.length; at += 1000)
    await putAll(server.kinesis.connection, expected.slice(at, at + 1000), 'shard');
  const places = await placesOf(server.kinesis.connection, stream);
  const handled = new Handled();
  const resting = new Map<string, string>();
  await using connection = closing(connectionOf(server));
  const leases = connection.leases('turns');
  const firstOnEvent = (event: JavaEvent): void => {
    if (event.what === 'record') handled.add('java-1', event, event.text);
    if (event.what === 'checkpoint') resting.set(event.shardId, placeOf(event));
  };
  await using first = javaWorker(kcl, server, retrieval, 'turns', { limit: 300, onEvent: firstOnEvent });
  await until('Java rests on both shards', () => resting.size === 2, [first.ended]);
  await first.stop();
  for (const lease of await leases.list()) {
    assert.equal(placeOf({ shardId: lease.shardId, ...lease.checkpoint }), resting.get(lease.shardId));
    assert.ok(lease.checkpoint.subSequenceNumber > 0);
  }

  const tookOverAt = performance.now();
  let pauseMs = Number.NaN;
  await using ours = createConsumer(rawStream(stream), connection, {
    group: 'turns',
    workerId: 'ours',
    from: 'oldest',
    leaseDuration: failoverMs,
    ...(retrieval === 'FAN_OUT' ? { retrieval: 'fan-out' } : { pollInterval: 200 }),
  });
  const enough = new Map<string, number>();
  const all = new AbortController();
  const allEnough = once(all.signal, 'abort');
  await ours.run({
    async eachRecord(record) {
      if (handled.countOf('ours') === 0) pauseMs = performance.now() - tookOverAt;
      const { shardId } = record;
      const count = (enough.get(shardId) ?? 0) + 1;
      enough.set(shardId, count);
      handled.add('ours', record, textOf(record.value));
      if (count < 300) return;
      if ([...places.keys()].every((shard) => (enough.get(shard) ?? 0) >= 300)) {
        void ours.close();
        all.abort();
      }
      await allEnough;
    },
  });
  const left = new Map((await leases.list()).map((lease) => [lease.shardId, lease]));
  for (const [shardId, there] of places) {
    const mine = handled.of('ours', shardId).map(placeOf);
    assert.equal(mine[0], there[there.indexOf(resting.get(shardId) ?? '') + 1], 'ours goes on behind Java');
    const lease = left.get(shardId);
    assert.ok(lease?.checkpoint.subSequenceNumber, 'ours stops within an aggregate');
    assert.equal(placeOf({ shardId, ...lease.checkpoint }), mine.at(-1));
    assert.equal(lease.owner, undefined, 'ours gives its leases back');
  }

  await using second = javaWorker(kcl, server, retrieval, 'turns', {
    onEvent(event) {
      if (event.what === 'record') handled.add('java-2', event, event.text);
    },
  });
  await until('Java has read the rest', () => handled.distinct === expected.length, [second.ended]);
  await second.stop();
  for (const [shardId, there] of places) {
    const before = handled.of('ours', shardId).map(placeOf).at(-1) ?? '';
    const [next] = handled.of('java-2', shardId).map(placeOf);
    assert.equal(next, there[there.indexOf(before) + 1], 'Java goes on behind ours');
  }
  handled.assertWhole(expected);
  assert.equal(handled.again, 0);
  const counts = ['java-1', 'ours', 'java-2'].map((worker) => handled.countOf(worker));
  if (retrieval === 'FAN_OUT') assert.deepEqual(await consumersOf(server), ['turns']);
  return `${retrieval}, in turns ${counts.join(' + ')} (Java, ours, Java) = ${expected.length}, none lost, none twice; ours had Java's leases after ${Math.round(pauseMs)} ms`;
}

async function consumersOf({ endpoint }: LocalServer): Promise<readonly (string | undefined)[]> {
  const kinesis = new KinesisClient({ endpoint, region: 'us-east-1', credentials });
  const { StreamDescriptionSummary: summary } = await kinesis.send(
    new DescribeStreamSummaryCommand({ StreamName: stream }),
  );
  const listed = await kinesis.send(new ListStreamConsumersCommand({ StreamARN: summary?.StreamARN }));
  kinesis.destroy();
  return (listed.Consumers ?? []).map(({ ConsumerName: name }) => name);
}
