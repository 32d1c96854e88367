import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { MavenProject } from './maven.ts';

/** What a worker of the Java KCL tells while it works. */
export type JavaEvent =
  | { readonly what: 'start' | 'lost' | 'end' | 'waits'; readonly shardId: string }
  | {
      readonly what: 'record' | 'checkpoint';
      readonly shardId: string;
      readonly sequenceNumber: string;
      readonly subSequenceNumber: number;
      /** What the record holds, as text. */
      readonly text: string;
    };

export interface JavaWorkerOptions {
  /** The library, built. */
  readonly project: MavenProject;
  /**
   * Whether its graceful shutdown has to come to an end by itself. That of the KCL 2 waits for ever for leases whose shards were
   * read to their end, which it keeps for minutes: its consumers of those are told of the shutdown and never answer.
   */
  readonly leavesAtOnce: boolean;
  readonly kinesis: string;
  readonly dynamodb: string;
  /** With several, the shards it tells of are `stream/shardId`. */
  readonly streams: readonly string[];
  readonly group: string;
  readonly workerId: string;
  readonly retrieval: 'POLLING' | 'FAN_OUT';
  /** When other workers of the group give it up. */
  readonly failoverMs: number;
  /** Records of a shard it handles; behind the first that lies within an aggregate from there on it checkpoints and rests. 0: all. */
  readonly limit?: number;
  readonly onEvent: (event: JavaEvent) => void;
}

export interface JavaWorker extends AsyncDisposable {
  /** Rejects when the process ends by itself: it had better not. */
  readonly ended: Promise<never>;
  /** Its graceful shutdown. */
  stop(): Promise<void>;
  /** SIGKILL: nothing of it runs any more, and nothing is given back. */
  kill(): Promise<void>;
}

/** Starts a worker of the Java KCL in a process of its own. */
export function startJavaWorker(options: JavaWorkerOptions): JavaWorker {
  const { project, kinesis, dynamodb, streams, group, workerId, retrieval, failoverMs, limit = 0 } = options;
  const work = [streams.join(','), group, workerId, retrieval, String(failoverMs), String(limit)];
  const args = [kinesis, dynamodb, ...work];
  const child = spawn('java', project.command('kcl.Worker', args), { stdio: ['pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4000)));
  /** What it had said when its shutdown took too long. */
  let waits: string | undefined;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = toEvent(line);
    if (event.what === 'waits') waits = said;
    options.onEvent(event);
  });
  let stopping = false;
  const closed = once(child, 'close') as Promise<[number | null]>;
  const ended = closed.then(([code]): never => {
    throw new Error(`The Java worker ${workerId} ended with ${String(code)}: ${said.trim()}`);
  });
  // Whoever waits for something races it; after a stop nobody does.
  ended.catch(() => {});
  const stop = async (): Promise<void> => {
    stopping = true;
    child.stdin.end();
    const [code] = await closed;
    if (code !== 0) await ended;
    if (waits !== undefined && options.leavesAtOnce)
      assert.fail(`The Java worker ${workerId} does not shut down gracefully: ${waits.trim()}`);
  };
  const kill = async (): Promise<void> => {
    stopping = true;
    child.kill('SIGKILL');
    await closed;
  };
  return {
    ended,
    stop,
    kill,
    async [Symbol.asyncDispose]() {
      if (!stopping) await kill();
    },
  };
}

function toEvent(line: string): JavaEvent {
  const [what = '', shardId = '', sequenceNumber = '', subSequenceNumber, text = ''] = line.split('\t');
  switch (what) {
    case 'start':
    case 'lost':
    case 'end':
    case 'waits':
      return { what, shardId };
    case 'record':
    case 'checkpoint':
      return { what, shardId, sequenceNumber, subSequenceNumber: Number(subSequenceNumber), text };
    default:
      return assert.fail(`The Java worker said ${JSON.stringify(line)}.`);
  }
}
