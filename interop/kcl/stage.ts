import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  DescribeStreamSummaryCommand,
  KinesisClient,
  MergeShardsCommand,
  SplitShardCommand,
} from '@aws-sdk/client-kinesis';
import { createConsumer, createProducer, rawStream, type Connection } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';
import type { LeaseStore } from '@millrace/kinesis/lease';
import { startServer, type LocalServer } from '@millrace/local';

import { Handled, until } from '../handled.ts';
import { startJavaWorker, type JavaEvent, type JavaWorker } from '../java-worker.ts';
import { startLeaseLedger, type LeaseLedger } from '../lease-ledger.ts';
import type { MavenProject } from '../maven.ts';

/** A version of the Java KCL, built. */
export interface Kcl {
  readonly project: MavenProject;
  /** Whether its graceful shutdown comes to an end while it holds leases of shards that were read to theirs. */
  readonly leavesAtOnce: boolean;
}

/** The stream all workers read. */
export const stream = 'clicks';
/** When a worker that is silent is given up. */
export const failoverMs = 3000;
export const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

export function javaWorker(
  { project, leavesAtOnce }: Kcl,
  server: LocalServer,
  retrieval: 'POLLING' | 'FAN_OUT',
  group: string,
  given: {
    readonly dynamodb?: string;
    /** Default: the one. */
    readonly streams?: readonly string[];
    readonly limit?: number;
    readonly onEvent: (event: JavaEvent) => void;
  },
): JavaWorker {
  const { endpoint } = server;
  const workerId = 'java';
  const shared = {
    project,
    leavesAtOnce,
    kinesis: endpoint,
    dynamodb: endpoint,
    streams: [stream],
    group,
    workerId,
    retrieval,
  };
  return startJavaWorker({ ...shared, failoverMs, ...given });
}

/** A Java worker at work on a stream that is put into all the while, and everything that is to be seen of it. */
export interface BesideJava {
  readonly server: LocalServer;
  /** To the server, past the ledger. */
  readonly connection: Connection;
  readonly java: JavaWorker;
  /** Every lease write passes through it, those of workers at its endpoint. */
  readonly ledger: LeaseLedger;
  /** The group's leases, looked at past the ledger. */
  readonly store: LeaseStore;
  readonly handled: Handled;
  /** What has been put. */
  readonly expected: readonly string[];
  /** Ends the putting. */
  readonly stopFeed: () => Promise<void>;
}

/** Plays `scene` beside a Java worker of `group` that has begun, and takes everything down. */
export async function besideJava(
  kcl: Kcl,
  { group, shards }: { readonly group: string; readonly shards: number },
  scene: (stage: BesideJava) => Promise<string>,
): Promise<string> {
  await using server = await startServer({ port: 0, streams: { [stream]: { shards } } });
  await using plain = closing(connectionOf(server));
  const store = plain.leases(group);
  await using ledger = await startLeaseLedger(server.endpoint, store);
  const handled = new Handled();
  await using java = javaWorker(kcl, server, 'POLLING', group, {
    dynamodb: ledger.endpoint,
    onEvent(event) {
      if (event.what === 'record') handled.add('java', event, event.text);
    },
  });
  const expected: string[] = [];
  await using feed = startFeed(server.kinesis.connection, expected);
  await until('Java has begun', () => handled.countOf('java') > 0, [java.ended]);
  return await scene({
    server,
    connection: plain,
    java,
    ledger,
    store,
    handled,
    expected,
    stopFeed: () => feed.stop(),
  });
}

/** One of ours at work in this process, its lease writes through the ledger, too. */
export function oursBeside(
  { connection, ledger, handled }: BesideJava,
  group: string,
): AsyncDisposable & { readonly running: Promise<void>; close(): Promise<void> } {
  const leases = connectionOf({ endpoint: ledger.endpoint });
  const ours = createConsumer(
    rawStream(stream),
    { ...connection, leases: (name) => leases.leases(name) },
    { group, workerId: 'ours', from: 'oldest', leaseDuration: failoverMs, pollInterval: 200 },
  );
  const running = ours.run({
    eachRecord: (record) => handled.add('ours', record, textOf(record.value)),
  });
  // Whatever is waited for races it.
  running.catch(() => {});
  return {
    running,
    async close() {
      await ours.close();
      await running;
    },
    async [Symbol.asyncDispose]() {
      try {
        await ours.close();
      } finally {
        await leases.close();
      }
    },
  };
}

/** Puts forty records five times a second, by turns in aggregates and not, and lists them before. */
export function startFeed(
  connection: Connection,
  expected: string[],
): AsyncDisposable & { stop(): Promise<void> } {
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

/** Splits the first shard and merges the other open ones in pairs. */
export async function reshard(server: LocalServer): Promise<void> {
  const [, second, third] = await server.kinesis.connection.reader.listShards(stream);
  assert.ok(second !== undefined && third !== undefined);
  await splitFirst(server);
  await change(
    server,
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: second.shardId,
      AdjacentShardToMerge: third.shardId,
    }),
  );
}

/** Splits the first shard in the middle. */
export async function splitFirst(server: LocalServer): Promise<void> {
  const [first] = await server.kinesis.connection.reader.listShards(stream);
  assert.ok(first !== undefined);
  await change(
    server,
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: first.shardId,
      NewStartingHashKey: String((first.hashRange.start + first.hashRange.end) / 2n),
    }),
  );
}

/** Resolves when the stream is ACTIVE again. */
async function change(
  { endpoint }: LocalServer,
  command: SplitShardCommand | MergeShardsCommand,
): Promise<void> {
  const kinesis = new KinesisClient({ endpoint, region: 'us-east-1', credentials });
  await (command instanceof SplitShardCommand ? kinesis.send(command) : kinesis.send(command));
  for (let status: string | undefined; status !== 'ACTIVE'; await sleep(50)) {
    const summary = await kinesis.send(new DescribeStreamSummaryCommand({ StreamName: stream }));
    status = summary.StreamDescriptionSummary?.StreamStatus;
  }
  kinesis.destroy();
}

export async function putAll(
  { writer, reader }: Connection,
  all: readonly string[],
  aggregation: 'none' | 'shard',
  to: string = stream,
): Promise<void> {
  const producing = createProducer(rawStream(to), { writer, reader }, { aggregation });
  await Promise.all(all.map((text) => producing.put({ partitionKey: keyOf(text), data: Buffer.from(text) })));
  await producing.close();
}

export function connectionOf({ endpoint }: { readonly endpoint: string }): Connection {
  return connect({ endpoint, region: 'us-east-1', credentials });
}

export function closing(connection: Connection): Connection & AsyncDisposable {
  return { ...connection, [Symbol.asyncDispose]: () => connection.close() };
}

export function texts(name: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `${name}-${n}`);
}

export function keyOf(text: string): string {
  return `customer-${Number(text.split('-').at(-1)) % 97}`;
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

/** A change of hands costs no more than a shard is given in a lease duration (200 records a second to six shards), twice over. */
export function againBound(switches: number): number {
  return (switches + 6) * 200;
}
