import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';

import { mavenProject } from '../maven.ts';

/** The npm package, and the Java library its daemon is of. */
export const awsKclVersion = '2.3.2';
const project = mavenProject('aws-kcl', '2.7.2');
const folder = join(project.folder, 'npm');

/** What the processes of record processors tell: one for each shard. */
export type Told =
  | { readonly what: 'start' | 'lost' | 'end'; readonly shardId: string }
  /** Only when nothing but counts is asked for. */
  | { readonly what: 'count'; readonly shardId: string; readonly count: number }
  | {
      readonly what: 'records';
      readonly shardId: string;
      readonly records: readonly {
        readonly sequenceNumber: string;
        readonly subSequenceNumber: number;
        readonly text: string;
      }[];
    };

export interface DaemonOptions {
  readonly endpoint: string;
  readonly stream: string;
  readonly group: string;
  /** Beside what every daemon here is given: the names of its properties file. */
  readonly properties?: Readonly<Record<string, string | number>>;
  /** What is told of records. Default: the records. */
  readonly tell?: 'records' | 'counts';
  readonly onTold: (told: Told) => void;
}

export interface Daemon extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Rejects when the daemon ends by itself. */
  readonly ended: Promise<never>;
  /** SIGTERM, and until it is gone. */
  stop(): Promise<void>;
}

/** Installs the package and the daemon. Answers why that cannot be done here, or undefined when it is done. */
export function prepareDaemon(): string | undefined {
  const lack = project.build();
  if (lack !== undefined || existsSync(join(folder, 'node_modules', 'aws-kcl', 'package.json'))) return lack;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const args = ['install', '--no-audit', '--no-fund', '--loglevel=error', `aws-kcl@${awsKclVersion}`];
  const installed = spawnSync('npm', args, { cwd: folder, encoding: 'utf8' });
  return installed.status === 0 ? undefined : `npm ${args.join(' ')} failed: ${installed.stderr.trim()}`;
}

/** Starts the MultiLangDaemon as `kcl-bootstrap --execute` does, with {@link file://./processor.mjs} for every shard. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    createInterface({ input: socket }).on('line', (line) => options.onTold(JSON.parse(line) as Told));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const file = join(folder, `${options.group}.properties`);
  writeFileSync(file, propertiesOf(options));
  const child = spawn(
    'java',
    [...project.command('software.amazon.kinesis.multilang.MultiLangDaemon', ['--properties-file', file])],
    {
      env: {
        ...process.env,
        AWS_ACCESS_KEY_ID: 'local',
        AWS_SECRET_ACCESS_KEY: 'local',
        AWS_KCL: join(folder, 'processor.js'),
        TELL: options.tell ?? 'records',
        TELL_PORT: String((listener.address() as AddressInfo).port),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  const closed = once(child, 'close');
  const ended = closed.then(([code]): never => {
    throw new Error(`The daemon ended with ${String(code)}: ${said.trim()}`);
  });
  // Whoever waits for something races it; after a stop nobody does.
  ended.catch(() => {});
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await closed;
    listener.close();
    // The processes of a daemon that was killed live as long as these, and so would this one.
    for (const socket of sockets) socket.destroy();
    rmSync(file, { force: true });
  };
  return {
    pid: child.pid,
    ended,
    stop: () => end('SIGTERM'),
    [Symbol.asyncDispose]: () => end('SIGKILL'),
  };
}

function propertiesOf({ endpoint, stream, group, properties = {} }: DaemonOptions): string {
  const all = {
    executableName: `${process.execPath} ${join(import.meta.dirname, 'processor.mjs')}`,
    streamName: stream,
    applicationName: group,
    AWSCredentialsProvider: 'EnvironmentVariableCredentialsProvider',
    kinesisEndpoint: endpoint,
    dynamoDBEndpoint: endpoint,
    regionName: 'us-east-1',
    initialPositionInStream: 'TRIM_HORIZON',
    metricsLevel: 'NONE',
    retrievalMode: 'POLLING',
    idleTimeBetweenReadsInMillis: 200,
    ...properties,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join('');
}
