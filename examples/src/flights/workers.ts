import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LedgerReader } from './ledger.ts';

/** What a worker tells about itself, a few times a second. */
export interface WorkerReport {
  readonly workerId: string;
  readonly shards: readonly { readonly shardId: string }[];
}

export type WorkerState = 'running' | 'killed' | 'stopped';

/** A worker process as seen from the outside: its last report, and the ledger it leaves. */
export class WorkerProcess {
  readonly workerId: string;
  readonly ledger: LedgerReader;
  readonly #process: ChildProcess;
  readonly #exited: Promise<string>;
  #report: WorkerReport;
  #state: WorkerState = 'running';

  constructor(workerId: string, settings: { endpoint: string; folder: string; leaseDurationMs: number }) {
    const path = join(settings.folder, `${workerId}.ledger`);
    this.workerId = workerId;
    this.ledger = new LedgerReader(path);
    this.#report = { workerId, shards: [] };
    this.#process = fork(
      fileURLToPath(new URL('worker.js', import.meta.url)),
      [workerId, settings.endpoint, path, String(settings.leaseDurationMs)],
      // Whatever a worker prints must not get between the lines of the verdict.
      { stdio: ['ignore', 2, 2, 'ipc'] },
    );
    this.#process.on('message', (message) => {
      if (isReport(message)) this.#report = message;
    });
    this.#exited = new Promise((resolve) => {
      this.#process.once('exit', (code, signal) => {
        this.#state = signal === 'SIGKILL' ? 'killed' : 'stopped';
        resolve(signal ?? `exit code ${code}`);
      });
    });
  }

  get state(): WorkerState {
    return this.#state;
  }

  get shards(): WorkerReport['shards'] {
    return this.#state === 'running' ? this.#report.shards : [];
  }

  /** No warning, no clean-up: what a machine that dies does. Answers how it ended. */
  kill(): Promise<string> {
    this.#process.kill('SIGKILL');
    return this.#exited;
  }

  /** Asks it to finish what it has, checkpoint and give its shards back. Answers how it ended. */
  stop(): Promise<string> {
    this.#process.kill('SIGTERM');
    return this.#exited;
  }
}

function isReport(message: unknown): message is WorkerReport {
  return typeof message === 'object' && message !== null && 'workerId' in message && 'shards' in message;
}
