/**
 * Claim: ours opens aggregates and polls faster than the Java KCL 3.5.1, reads plain records by fan-out at nine tenths of its
 * rate, and needs a fraction of its memory and half its CPU when idle. Both are workers with leases in the same DynamoDB, of the
 * same stream of the same server, and checkpoint; by fan-out as fast as they can, by polling with 200 ms between two reads of
 * a shard, the least the KCL allows. Measured is from the first record to the last: how long a worker waits for its first lease
 * is not in it. The JVM has its defaults and stays warm; idle comes first, while both processes are fresh. It is the plain
 * library: `aws-kcl` for Node adds a process a shard and pipes to it.
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
import { mavenProject } from '../../interop/maven.ts';

const ROUNDS = 5;
const IDLE = { stream: 'idle-20', shards: 20, seconds: 15 };
const version = '3.5.1';
const peer = `KCL@${version}`;
const project = mavenProject('kcl', version);
const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };

interface Contestant extends AsyncDisposable {
  read(task: ReadTask): Promise<ReadFigures>;
  idle(task: IdleTask): Promise<IdleFigures>;
}

const lack = project.build();
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
    await idle(endpoint, contestants);
    await throughput(endpoint, contestants, { stream: 'plain-4', records: PLAIN, retrieval: 'fan-out' });
    await throughput(endpoint, contestants, {
      stream: 'aggregated-4',
      records: AGGREGATED,
      retrieval: 'fan-out',
    });
    await throughput(endpoint, contestants, { stream: 'plain-4', records: PLAIN, retrieval: 'polling' });
  } finally {
    server.disconnect();
  }
}

type Contestants = Readonly<Record<'ours' | 'java', Contestant>>;

async function throughput(
  endpoint: string,
  contestants: Contestants,
  load: Pick<ReadTask, 'stream' | 'records' | 'retrieval'>,
): Promise<void> {
  const { stream, records, retrieval } = load;
  const figures: Record<'ours' | 'java', ReadFigures[]> = { ours: [], java: [] };
  for (let round = 0; round <= ROUNDS; round++) {
    for (const who of round % 2 === 0 ? (['ours', 'java'] as const) : (['java', 'ours'] as const)) {
      const group = await freshGroup(endpoint, stream, `${who}-${stream}-${retrieval}-${round}`);
      const result = await contestants[who].read({ kind: 'read', ...load, group, pollMs: 200 });
      // The first round only warms up.
      if (round > 0) figures[who].push(result);
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
      peers: { [peer]: rounded(median(figures.java.map(pick))) },
    });
  line('user records/s', 'higher', ({ seconds }) => records / seconds);
  line('CPU µs/record', 'lower', ({ cpuMicros }) => cpuMicros / records);
  line('peak RSS MiB', 'lower', ({ rssMiB }) => rssMiB);
}

/** Each by itself: the other's calls must not make the server, and so this one, slower. */
async function idle(endpoint: string, { ours, java }: Contestants): Promise<void> {
  const { stream } = IDLE;
  const task = async (group: string): Promise<IdleTask> => ({
    kind: 'idle',
    ...IDLE,
    group: await freshGroup(endpoint, stream, group),
  });
  const own = await ours.idle(await task('ours-idle'));
  const theirs = await java.idle(await task('java-idle'));
  for (const [unit, pick] of [
    ['% of a core', ({ percentOfCore }: IdleFigures) => percentOfCore],
    ['RSS MiB', ({ rssMiB }: IdleFigures) => rssMiB],
  ] as const) {
    report({
      bench: 'kcl',
      case: `idle-${IDLE.shards}-shards`,
      unit,
      better: 'lower',
      ours: rounded(pick(own)),
      peers: { [peer]: rounded(pick(theirs)) },
    });
  }
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
