/**
 * Claim: ours reads more records a second than the Java KCL 3.5.1, by fan-out and by polling, plain and from aggregates, at less
 * CPU for each, and needs a fraction of its memory, and of its CPU when idle. Both are workers with leases in the same DynamoDB,
 * of the same stream of the same server, and checkpoint; by fan-out as fast as they can, by polling with 200 ms between two reads
 * of a shard, the least the KCL allows. The server answers each in its own format, JSON and CBOR, at about the same cost to
 * itself. Measured is from the first record to the last: how long a worker waits for its first lease is not in it. The JVM has
 * its defaults and stays warm; idle comes first, while both processes are fresh.
 *
 * Beside them by polling, and idle: what a Node program has today, the npm package `aws-kcl`, whose Java daemon (of the KCL
 * 2.7.2) pipes to a Node process a shard. It reads one stream for one application, so each round has a fresh daemon; CPU and
 * memory are those of all its processes. `--only=aws-kcl` leaves the rest out; `--only=idle`, `plain`, `aggregated` (both by
 * fan-out) and `polling` are one case each, `aws-kcl` included where it takes part.
 */
import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { connect } from '@millrace/kinesis/aws';

import { AGGREGATED, PLAIN } from '../consumer/load.ts';
import type { IdleFigures, IdleTask, ReadFigures, ReadTask } from '../consumer/group-reader.ts';
import { median, progress, report } from '../harness.ts';
import { awsKclVersion, prepareDaemon } from '../../interop/aws-kcl/daemon.ts';
import { mavenProject } from '../../interop/maven.ts';
import { idleByDaemon, readByDaemon } from './daemon/aws-kcl.ts';

const ROUNDS = 5;
const IDLE = { stream: 'idle-20', shards: 20, seconds: 15 };
const version = '3.5.1';
const peers = { java: `KCL@${version}`, awsKcl: `aws-kcl@${awsKclVersion}` } as const;
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length);
if (!['aws-kcl', 'idle', 'plain', 'aggregated', 'polling', undefined].includes(only)) {
  throw new Error(`There is no part ${JSON.stringify(only)}.`);
}
const onlyAwsKcl = only === 'aws-kcl';
const runs = (part: string): boolean => only === undefined || only === part;
const project = mavenProject('kcl', version);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

/** One that reads, in whatever processes. */
interface Contestant extends AsyncDisposable {
  read(task: ReadTask): Promise<ReadFigures>;
  idle(task: IdleTask): Promise<IdleFigures>;
}

const lack = project.build() ?? prepareDaemon();
if (lack === undefined) await compare();
else {
  progress(`skip kcl: ${lack}. Nothing ran, so nothing is shown.`);
  process.exitCode = 1;
}

async function compare(): Promise<void> {
  const server = start('server.ts', 'plain-4', 'aggregated-4', IDLE.stream);
  try {
    const [endpoint] = (await once(server, 'message')) as [string];
    await using ours = await startOurs(endpoint);
    await using java = startJava(endpoint);
    const contestants = { ours, java };
    const all = onlyAwsKcl
      ? { ours, awsKcl: awsKcl(endpoint) }
      : { ...contestants, awsKcl: awsKcl(endpoint) };
    if (runs('idle') || onlyAwsKcl) await idle(endpoint, all);
    if (runs('plain'))
      await throughput(endpoint, contestants, { stream: 'plain-4', records: PLAIN, retrieval: 'fan-out' });
    if (runs('aggregated')) {
      await throughput(endpoint, contestants, {
        stream: 'aggregated-4',
        records: AGGREGATED,
        retrieval: 'fan-out',
      });
    }
    if (runs('polling') || onlyAwsKcl)
      await throughput(endpoint, all, { stream: 'plain-4', records: PLAIN, retrieval: 'polling' });
  } finally {
    server.disconnect();
  }
}

type Name = 'ours' | keyof typeof peers;
type Contestants = { readonly ours: Contestant } & { readonly [name in Name]?: Contestant };

async function throughput(
  endpoint: string,
  contestants: Contestants,
  load: Pick<ReadTask, 'stream' | 'records' | 'retrieval'>,
): Promise<void> {
  const { stream, records, retrieval } = load;
  const figures: Record<Name, ReadFigures[]> = { ours: [], java: [], awsKcl: [] };
  const order = namesOf(contestants);
  for (let round = 0; round <= ROUNDS; round++) {
    for (const who of round % 2 === 0 ? order : order.toReversed()) {
      const group = await freshGroup(endpoint, stream, `${who}-${stream}-${retrieval}-${round}`);
      const result = await contestants[who]?.read({ kind: 'read', ...load, group, pollMs: 200 });
      // The first round only warms up.
      if (round > 0 && result !== undefined) figures[who].push(result);
    }
    progress(`kcl ${stream} by ${retrieval}: ${round === 0 ? 'warm' : `round ${round} of ${ROUNDS}`}`);
  }
  const line = (unit: string, better: 'higher' | 'lower', pick: (figure: ReadFigures) => number): void =>
    report({
      bench: 'kcl',
      case: `${stream}-shards-${retrieval}`,
      unit,
      better,
      ours: rounded(median(figures.ours.map(pick))),
      peers: peersOf(contestants, (name) => median(figures[name].map(pick))),
    });
  line('user records/s', 'higher', ({ seconds }) => records / seconds);
  line('CPU µs/record', 'lower', ({ cpuMicros }) => cpuMicros / records);
  line('peak RSS MiB', 'lower', ({ rssMiB }) => rssMiB);
}

/** Each by itself: the other's calls must not make the server, and so this one, slower. */
async function idle(endpoint: string, contestants: Contestants): Promise<void> {
  const { stream } = IDLE;
  const task = async (group: string): Promise<IdleTask> => ({
    kind: 'idle',
    ...IDLE,
    group: await freshGroup(endpoint, stream, group),
  });
  const figures = new Map<Name, IdleFigures>();
  for (const name of namesOf(contestants)) {
    const measured = await contestants[name]?.idle(await task(`${name}-idle`));
    if (measured !== undefined) figures.set(name, measured);
    progress(`kcl idle: ${name}`);
  }
  for (const [unit, pick] of [
    ['% of a core', ({ percentOfCore }: IdleFigures) => percentOfCore],
    ['RSS MiB', ({ rssMiB }: IdleFigures) => rssMiB],
  ] as const) {
    const of = (name: Name): number => {
      const measured = figures.get(name);
      return measured === undefined ? Number.NaN : pick(measured);
    };
    report({
      bench: 'kcl',
      case: `idle-${IDLE.shards}-shards`,
      unit,
      better: 'lower',
      ours: rounded(of('ours')),
      peers: peersOf(contestants, of),
    });
  }
}

function namesOf(contestants: Contestants): readonly Name[] {
  return (['ours', 'java', 'awsKcl'] as const).filter((name) => contestants[name] !== undefined);
}

function peersOf(contestants: Contestants, figure: (name: Name) => number): Readonly<Record<string, number>> {
  const names = namesOf(contestants).filter((name) => name !== 'ours');
  return Object.fromEntries(names.map((name) => [peers[name], rounded(figure(name))]));
}

/** A daemon for every task. */
function awsKcl(endpoint: string): Contestant {
  return {
    read: (task) => readByDaemon(endpoint, task),
    idle: (task) => idleByDaemon(endpoint, task),
    async [Symbol.asyncDispose]() {
      // None is left running.
    },
  };
}

/** Its leases are there already: before an empty table a KCL worker waits up to half a minute. */
async function freshGroup(endpoint: string, stream: string, group: string): Promise<string> {
  const connection = connect({ endpoint, region: 'us-east-1', credentials });
  const store = connection.leases(group);
  await store.prepare();
  for (const { shardId, hashRange } of await connection.reader.listShards(stream)) {
    await store.create({
      leaseKey: shardId,
      shardId,
      counter: 0,
      ownerSwitchesSinceCheckpoint: 0,
      checkpoint: { sequenceNumber: 'TRIM_HORIZON', subSequenceNumber: 0 },
      parentShardIds: [],
      childShardIds: [],
      hashRange,
    });
  }
  await connection.close();
  return group;
}

async function startOurs(endpoint: string): Promise<Contestant> {
  const child = start('group-reader.ts', endpoint);
  await once(child, 'message');
  const ask = async <T>(task: ReadTask | IdleTask): Promise<T> => {
    child.send(task);
    const [figures] = (await once(child, 'message')) as [T];
    return figures;
  };
  return {
    read: (task) => ask<ReadFigures>(task),
    idle: (task) => ask<IdleFigures>(task),
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function startJava(endpoint: string): Contestant {
  const child = spawn('java', project.command('kcl.Bench', [endpoint]), {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface({ input: child.stdout });
  const ask = async (...task: readonly (string | number)[]): Promise<readonly number[]> => {
    child.stdin.write(`${task.join(' ')}\n`);
    const [line] = (await once(lines, 'line')) as [string];
    return line.split(' ').map(Number);
  };
  return {
    async read({ stream, group, retrieval, pollMs, records }) {
      const way = retrieval === 'polling' ? 'POLLING' : 'FAN_OUT';
      const [seconds = Number.NaN, cpuMicros = Number.NaN, rssMiB = Number.NaN] = await ask(
        'read',
        stream,
        group,
        way,
        pollMs,
        records,
      );
      return { seconds, cpuMicros, rssMiB };
    },
    async idle({ stream, group, shards, seconds }) {
      const [percentOfCore = Number.NaN, rssMiB = Number.NaN] = await ask(
        'idle',
        stream,
        group,
        shards,
        seconds,
      );
      return { percentOfCore, rssMiB };
    },
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.stdin.end();
      await exited;
    },
  };
}

function start(file: string, ...args: readonly string[]): ChildProcess {
  return fork(join(import.meta.dirname, '..', 'consumer', file), args, { execArgv: ['--import', 'tsx'] });
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
