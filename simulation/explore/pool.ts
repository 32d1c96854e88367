import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import type { Mutation } from '../mutation/mutation.ts';
import type { Block, Summary } from './explore.ts';

export interface PoolOptions extends Block {
  /** Processes at once. Default: one a core. */
  readonly processes?: number;
  /** The code is broken in this way. */
  readonly mutation?: Mutation;
  /** Told of every block that is done; answers whether to go on. */
  readonly done: (summaries: readonly Summary[]) => boolean;
}

const explorer = fileURLToPath(new URL('explorer.ts', import.meta.url));
const register = fileURLToPath(new URL('../mutation/register.mjs', import.meta.url));
/** Enough that a process waits for nobody, few enough that progress is seen and none is idle at the end. */
const blockSize = 20;

/** Spreads seeds over processes, one a core: a run keeps one core busy and shares nothing with the next. */
export async function exploreInPool(options: PoolOptions): Promise<void> {
  const { first, count, mutation, done, processes = availableParallelism() } = options;
  let next = first;
  let stopped = false;
  const take = (): Block | undefined => {
    const left = first + count - next;
    if (left <= 0 || stopped) return undefined;
    const block = { first: next, count: Math.min(blockSize, left) };
    next += block.count;
    return block;
  };
  const work = async (): Promise<void> => {
    const child = start(mutation);
    try {
      for (let block = take(); block !== undefined; block = take()) {
        if (!done(await run(child, block))) stopped = true;
      }
    } finally {
      child.kill();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, Math.ceil(count / blockSize)) }, work));
}

function start(mutation: Mutation | undefined): ChildProcess {
  if (mutation === undefined) return fork(explorer);
  return fork(explorer, {
    execArgv: ['--import', register, ...process.execArgv],
    env: { ...process.env, SIMULATED_MUTATION: JSON.stringify(mutation) },
  });
}

function run(child: ChildProcess, block: Block): Promise<readonly Summary[]> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null): void => {
      reject(new Error(`The process that ran seeds from ${block.first} on ended with ${code}.`));
    };
    child.once('exit', onExit);
    child.once('message', (summaries: readonly Summary[]) => {
      child.off('exit', onExit);
      resolve(summaries);
    });
    child.send(block);
  });
}
