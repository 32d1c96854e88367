import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** A record a worker has handled. */
export interface Handled {
  readonly key: string;
  readonly n: number;
  readonly worker: string;
}

/** How long a worker that is told to stop may take: it drains for 10 s at most. */
const stopMs = 20_000;

/** Workers in processes of their own, and what they have handled, in the order it was told. */
export class Fleet implements AsyncDisposable {
  readonly handled: Handled[] = [];
  /** What ended though nobody had asked for it, or not as it should. */
  readonly wrongEnds: string[] = [];
  readonly #workers = new Map<string, ChildProcess>();

  start(name: string, endpoint: string, retrieval = 'polling'): void {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [endpoint, name, retrieval], {
      execArgv: ['--import', 'tsx', '--conditions', '@millrace/source'],
    });
    child.on('message', (message: Handled) => {
      this.handled.push(message);
      // Nobody is there to hear it when the worker has been killed meanwhile.
      child.send(`${message.key}/${message.n}`, () => {});
    });
    child.once('exit', (code, signal) => {
      // The others would take over, and nobody would notice.
      if (this.#workers.get(name) === child)
        this.wrongEnds.push(`${name} ended by itself: ${code ?? signal}`);
    });
    this.#workers.set(name, child);
  }

  /** Sends a signal to a worker; what it ends is waited for. */
  async signal(name: string, signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const worker = this.#workers.get(name);
    if (worker === undefined) throw new Error(`There is no worker ${name}.`);
    worker.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    this.#workers.delete(name);
    if (!(await hasEnded(worker))) {
      this.wrongEnds.push(`${name} got ${signal} and had not ended ${stopMs / 1000} s later`);
      worker.kill('SIGKILL');
    } else if (signal === 'SIGTERM' && worker.exitCode !== 0)
      this.wrongEnds.push(`${name} was told to stop and ended with ${worker.exitCode ?? worker.signalCode}`);
  }

  /** What one of them has handled. */
  of(worker: string): readonly Handled[] {
    return this.handled.filter((one) => one.worker === worker);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#workers.keys()].map((name) => this.signal(name, 'SIGKILL')));
  }
}

/** False when it takes too long. */
async function hasEnded(worker: ChildProcess): Promise<boolean> {
  if (worker.exitCode !== null || worker.signalCode !== null) return true;
  return once(worker, 'exit', { signal: AbortSignal.timeout(stopMs) }).then(
    () => true,
    () => false,
  );
}
