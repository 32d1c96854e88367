import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

import { exploreInPool, type PoolOptions } from '../explore/pool.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations.ts';

/** When a mutation was noticed, if it was. */
export interface Catch {
  readonly mutation: Mutation;
  /** The seed that noticed it; undefined when none did. Explored anew, it is the first from 1 on that does. */
  readonly seed: number | undefined;
  readonly invariant: string | undefined;
}

export interface MutationChecks {
  /** Only mutations whose names hold one of these texts. Default: all. */
  readonly only?: readonly string[];
  /** Whether to explore from seed 1 on, and not to begin with the seed that is known to notice. */
  readonly anew: boolean;
  /** Told of each when it is done. */
  readonly told: (one: Catch) => void;
}

/** A mutation nobody notices within so many seeds is one too many. */
const mostSeeds = 12_000;

/**
 * Breaks the code in every known way and sees which seed notices. The one that did when it was last explored anew comes first: it
 * does so still unless the code around it has changed, and costs a second where exploring may cost a minute.
 */
export async function checkMutations({ only, anew, told }: MutationChecks): Promise<readonly Catch[]> {
  const chosen = mutations.filter(
    ({ name }) => only === undefined || only.some((text) => name.includes(text)),
  );
  for (const mutation of chosen) {
    if (occurrences(mutation) === 1) continue;
    throw new Error(`${mutation.name}: ${mutation.file} should hold once: ${mutation.from}`);
  }
  const caught: Catch[] = [];
  const done = (one: Catch): void => {
    caught.push(one);
    told(one);
  };
  const left = anew ? chosen : await checkKnown(chosen, done);
  for (const mutation of left) done(await explore(mutation, { first: 1, count: mostSeeds }));
  return caught;
}

/** How often the text of a mutation stands in its file. */
export function occurrences({ file, from }: Mutation): number {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  return source.split(from).length - 1;
}

/** One seed each, as many at once as there are cores. Answers those whose seed does not notice them any more. */
async function checkKnown(
  chosen: readonly Mutation[],
  done: (one: Catch) => void,
): Promise<readonly Mutation[]> {
  const waiting = [...chosen];
  const unnoticed: Mutation[] = [];
  const work = async (): Promise<void> => {
    for (let mutation = waiting.shift(); mutation !== undefined; mutation = waiting.shift()) {
      const one = await explore(mutation, { first: mutation.noticedBy, count: 1 });
      if (one.seed === undefined) unnoticed.push(mutation);
      else done(one);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return unnoticed;
}

async function explore(mutation: Mutation, block: Pick<PoolOptions, 'first' | 'count'>): Promise<Catch> {
  let noticed: { readonly seed: number; readonly invariant: string } | undefined;
  await exploreInPool({
    ...block,
    mutation,
    done: (summaries) => {
      for (const { seed, violation } of summaries) {
        if (violation === undefined || (noticed !== undefined && noticed.seed < seed)) continue;
        noticed = { seed, invariant: violation.invariant };
      }
      return noticed === undefined;
    },
  });
  return { mutation, seed: noticed?.seed, invariant: noticed?.invariant };
}
