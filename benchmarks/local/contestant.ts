import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { progress } from '../harness.ts';
import { openCaller, serialise, type Caller } from './driver.ts';

/** A way to start one server. */
export interface Kind {
  readonly name: string;
  /** Too slow for as many records as the others get. */
  readonly slow?: boolean;
  /** Has SubscribeToShard. */
  readonly subscribes?: boolean;
  command(port: number, folder: string): readonly string[];
  environment?(port: number): Readonly<Record<string, string>>;
}

/** A server that runs, in a process of its own. */
export interface Contestant {
  readonly kind: Kind;
  readonly port: number;
  /** From the start of the process to the first ListStreams answered, milliseconds. */
  readonly startMs: number;
  request(operation: string, input: object): Buffer;
  /** Resident memory, MiB. */
  residentMiB(): number;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
const cache = join(root, 'node_modules', '.cache', 'bench-peers');
const peers = ['kinesis-local@0.6.2', 'kinesalite@3.3.3'] as const;

export const floor: Kind = {
  name: 'floor',
  command: (port) => [fileURLToPath(new URL('floor.mjs', import.meta.url)), String(port)],
};

export const ours: Kind = oursWith();

/** Ours with its records in a folder. */
export function oursWith(durability?: 'process' | 'fsync'): Kind {
  return {
    name: durability === undefined ? 'ours' : `ours ${durability}`,
    command: (port, folder) => [
      fileURLToPath(new URL('ours.mjs', import.meta.url)),
      String(port),
      ...(durability === undefined ? [] : [join(folder, 'ours'), durability]),
    ],
  };
}

/** Installs the peers where nothing of ours depends on them; none when that cannot be done. */
export function installPeers(): readonly Kind[] {
  try {
    mkdirSync(cache, { recursive: true });
    if (!existsSync(join(cache, 'package.json')))
      writeFileSync(join(cache, 'package.json'), '{"private":true}\n');
    if (!peers.every((peer) => existsSync(join(cache, 'node_modules', peer.split('@')[0] ?? '')))) {
      progress(`Installing ${peers.join(' and ')} …`);
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', ...peers], {
        cwd: cache,
        stdio: ['ignore', 2, 2],
      });
    }
  } catch (error) {
    progress(
      `No peers, since they cannot be installed: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
  return [
    {
      name: peers[1],
      command: (port) => [join(cache, 'node_modules/kinesalite/cli.js'), ...kinesaliteOptions(port)],
    },
    {
      name: peers[0],
      slow: true,
      subscribes: true,
      command: () => [join(cache, 'node_modules/kinesis-local/main.js')],
      environment: (port) => ({
        KINESIS_MOCK_PLAIN_PORT: String(port),
        KINESIS_MOCK_TLS_PORT: String(port + 1),
        CREATE_STREAM_DURATION: '0ms',
        DELETE_STREAM_DURATION: '0ms',
        SHARD_LIMIT: '10000',
        LOG_LEVEL: 'ERROR',
      }),
    },
  ];
}

/** kinesalite with its records in a folder. */
export const kinesaliteOnDisk: Kind = {
  name: peers[1],
  command: (port, folder) => [
    join(cache, 'node_modules/kinesalite/cli.js'),
    ...kinesaliteOptions(port),
    '--path',
    join(folder, 'kinesalite'),
  ],
};

/** Starts a server and waits for its first answer. */
export async function start(kind: Kind): Promise<Contestant> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const begin = performance.now();
  const command = kind.command(port, folder);
  const child = spawn(process.execPath, [...command], {
    // kinesis-local looks for a file of its own where it is started.
    cwd: dirname(command[0] ?? ''),
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, ...kind.environment?.(port) },
  });
  const request = (operation: string, input: object): Buffer => serialise(port, operation, input);
  const caller = await firstAnswer(child, port, request('ListStreams', {}));
  const startMs = performance.now() - begin;
  caller.close();
  return {
    kind,
    port,
    startMs,
    request,
    residentMiB: () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async stop() {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function kinesaliteOptions(port: number): readonly string[] {
  return [
    '--port',
    String(port),
    '--shardLimit',
    '10000',
    ...['--createStreamMs', '--deleteStreamMs', '--updateStreamMs'].flatMap((option) => [option, '0']),
  ];
}

async function firstAnswer(child: ChildProcess, port: number, request: Buffer): Promise<Caller> {
  for (;;) {
    if (child.exitCode !== null)
      throw new Error(`The server ended with ${child.exitCode} before it answered.`);
    try {
      const caller = await openCaller(port);
      await caller.call(request);
      return caller;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve();
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
