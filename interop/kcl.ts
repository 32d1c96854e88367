import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { createConsumer, createProducer, rawStream, type Connection } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import { isShardEnd } from '@millrace/kinesis/lease';
import { startServer, type LocalServer } from '@millrace/local';

import type { Client } from './client.ts';
import { Handled, until } from './handled.ts';
import { startJavaWorker, type JavaEvent, type JavaWorker } from './java-worker.ts';
import { startLeaseLedger } from './lease-ledger.ts';
import { mavenProject, type MavenProject } from './maven.ts';
import { runCommand } from './run-command.ts';
import { base64, expand, readStored } from './user-records.ts';

const stream = 'clicks';
const failoverMs = 3000;
const producer = mavenProject('kpl');

/** The Java KCL 3: alone, before us and after us on one lease table, and beside us. */
export const kcl: Client = kclOf('kcl', '3.5.1');

function kclOf(name: string, version: string): Client {
  const project = mavenProject('kcl', version);
  return {
    name,
    prepare: () => producer.build() ?? project.build(),
    async run() {
      const told = await Promise.all([
        readsAlone(project, 'POLLING'),
        readsAlone(project, 'FAN_OUT'),
        takesTurns(project),
        worksBeside(project),
      ]);
      for (const line of told) console.log(`     ${name}: ${line}`);
    },
  };
}

/** A Java worker reads everything, what the KPL aggregated too, and goes on with the children of shards that are split and merged. */
async function readsAlone(project: MavenProject, retrieval: 'POLLING' | 'FAN_OUT'): Promise<string> {
  await using server = await startServer({ port: 0, tls: true, streams: { [stream]: { shards: 3 } } });
  const { connection } = server.kinesis;
  const expected = new Set(texts('kpl', 1500));
  const { hostname, port } = new URL(server.tlsEndpoint ?? '');
  const input = [...expected].map((text) => [
    base64(Buffer.from(keyOf(text))),
    '-',
    base64(Buffer.from(text)),
  ]);
  await runCommand(
    'java',
    producer.command('kpl.Produce', [hostname, port, stream]),
    `${input.map((fields) => fields.join('\t')).join('\n')}\n`,
  );
  const put = async (name: string, aggregation: 'none' | 'shard'): Promise<void> => {
    const more = texts(name, 500);
    for (const text of more) expected.add(text);
    await putAll(connection, more, aggregation);
  };
  await put('plain', 'none');
  const handled = new Handled();
  const order: string[] = [];
  await using java = javaWorker(project, server, retrieval, 'alone', {
    onEvent(event) {
      if (event.what === 'record') handled.add('java', event, event.text);
      else order.push(`${event.what} ${event.shardId}`);
    },
  });
  await until('Java has read what was there', () => handled.distinct >= 2000, [java.ended]);
  await reshard(server);
  await put('after', 'shard');
  // One more: what the KPL was warmed up with, which is empty.
  await until('Java has read all', () => handled.distinct >= expected.size + 1, [java.ended]);
  await using tables = closing(connectionOf(server));
  const leases = await tables.leases('alone').list();
  await java.stop();
  handled.assertWhole(expected);
  assert.equal(handled.again, 0);
  const ended = leases.filter(({ checkpoint }) => isShardEnd(checkpoint)).map(({ shardId }) => shardId);
  assert.equal(ended.length, 3, 'the parents are read to their end');
  for (const { shardId, parentShardIds } of leases) {
    for (const parent of parentShardIds) {
      assert.ok(order.includes(`end ${parent}`), `${parent} ended`);
      assert.ok(
        order.indexOf(`end ${parent}`) < order.indexOf(`start ${shardId}`),
        `${shardId} begins when ${parent} has ended`,
      );
    }
  }
  return `${retrieval}: ${handled.distinct} records of ${leases.length} shards, through a split and a merge, none twice`;
}

/** One lease table, Java, ours, Java: each goes on exactly behind the other, in the midst of aggregates. */
async function takesTurns(project: MavenProject): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards: 2 } } });
  const expected = texts('turn', 3000);
  for (let at = 0; at < expected.length; at += 1000)
    await putAll(server.kinesis.connection, expected.slice(at, at + 1000), 'shard');
  const places = await placesOf(server.kinesis.connection);
  const handled = new Handled();
  const resting = new Map<string, string>();
  await using connection = closing(connectionOf(server));
  const leases = connection.leases('turns');
  const firstOnEvent = (event: JavaEvent): void => {
    if (event.what === 'record') handled.add('java-1', event, event.text);
    if (event.what === 'checkpoint') resting.set(event.shardId, placeOf(event));
  };
  await using first = javaWorker(project, server, 'POLLING', 'turns', { limit: 300, onEvent: firstOnEvent });
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
    pollInterval: 200,
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

  await using second = javaWorker(project, server, 'POLLING', 'turns', {
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
  return `in turns ${counts.join(' + ')} (Java, ours, Java) = ${expected.length}, none lost, none twice; ours had Java's leases after ${Math.round(pauseMs)} ms`;
}

/** Both at once on one table while records come and shards are split and merged, until Java leaves. */
async function worksBeside(project: MavenProject): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards: 6 } } });
  await using plain = closing(connectionOf(server));
  await using ledger = await startLeaseLedger(server.endpoint, plain.leases('beside'));
  await using leases = closing(connectionOf({ endpoint: ledger.endpoint }));
  const handled = new Handled();
  await using java = javaWorker(project, server, 'POLLING', 'beside', {
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
  // A change of hands costs no more than a shard is given in a lease duration (200 records a second to six shards), twice over.
  const bound = (ledger.switches + 6) * 200;
  assert.ok(handled.again <= bound, `no more than ${bound} records come again: ${handled.again}`);
  return (
    `side by side ${handled.countOf('java')} by Java and ${handled.countOf('ours')} by ours of ${expected.length}: ` +
    `none lost, ${handled.again} twice; ${ledger.writes} lease writes, ${ledger.switches} leases changed hands, ${ledger.refused} writes refused, none wrong`
  );
}

/** Puts forty records five times a second, by turns in aggregates and not, and lists them before. */
function startFeed(connection: Connection, expected: string[]): AsyncDisposable & { stop(): Promise<void> } {
  const stopping = new AbortController();
  const feed = (async () => {
    for (let n = 0; !stopping.signal.aborted; n++) {
      const more = texts(`beside-${n}`, 40);
      expected.push(...more);
      await putAll(connection, more, n % 2 === 0 ? 'shard' : 'none');
      await sleep(200);
    }
  })();
  feed.catch(() => {});
  const stop = (): Promise<void> => {
    stopping.abort();
    return feed;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

function javaWorker(
  project: MavenProject,
  server: LocalServer,
  retrieval: 'POLLING' | 'FAN_OUT',
  group: string,
  given: {
    readonly dynamodb?: string;
    readonly limit?: number;
    readonly onEvent: (event: JavaEvent) => void;
  },
): JavaWorker {
  const { endpoint } = server;
  const workerId = 'java';
  const shared = { project, kinesis: endpoint, dynamodb: endpoint, stream, group, workerId, retrieval };
  return startJavaWorker({ ...shared, failoverMs, ...given });
}

/** Splits the first shard and merges the other open ones in pairs. */
async function reshard(server: LocalServer): Promise<void> {
  const { endpoint } = server;
  const { reader } = server.kinesis.connection;
  const kinesis = new KinesisClient({ endpoint, region: 'us-east-1', credentials });
  const [first, second, third] = await reader.listShards(stream);
  assert.ok(first !== undefined && second !== undefined && third !== undefined);
  const active = async (): Promise<void> => {
    for (let status: string | undefined; status !== 'ACTIVE'; await sleep(50)) {
      const summary = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
      status = summary.StreamDescriptionSummary?.StreamStatus;
    }
  };
  await kinesis.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: first.shardId,
      NewStartingHashKey: String((first.hashRange.start + first.hashRange.end) / 2n),
    }),
  );
  await active();
  await kinesis.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: second.shardId,
      AdjacentShardToMerge: third.shardId,
    }),
  );
  await active();
  kinesis.destroy();
}

async function putAll(
  { writer, reader }: Connection,
  all: readonly string[],
  aggregation: 'none' | 'shard',
): Promise<void> {
  const producing = createProducer(rawStream(stream), { writer, reader }, { aggregation });
  await Promise.all(all.map((text) => producing.put({ partitionKey: keyOf(text), data: Buffer.from(text) })));
  await producing.close();
}

/** Where every user record stands, shard by shard and in order. */
async function placesOf(connection: Connection): Promise<ReadonlyMap<string, readonly string[]>> {
  const stored = await readStored(connection, stream);
  const places = new Map<string, string[]>();
  for (const each of stored) {
    const { shardId } = each.shard;
    const list = places.get(shardId) ?? [];
    places.set(shardId, list);
    list.push(...expand([each]).map((record) => placeOf({ shardId, ...record })));
  }
  return places;
}

function placeOf(place: {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}): string {
  return `${place.shardId} ${place.sequenceNumber} ${place.subSequenceNumber}`;
}

const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

function connectionOf({ endpoint }: { readonly endpoint: string }): Connection {
  return connect({ endpoint, region: 'us-east-1', credentials });
}

function closing(connection: Connection): Connection & AsyncDisposable {
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}

function texts(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

function keyOf(text: string): string {
  return `customer-${Number(text.split('-').at(-1)) % 97}`;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}
