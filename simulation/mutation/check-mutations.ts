import { readFileSync } from 'node:fs';

import { exploreInPool } from '../explore/pool.ts';
import { mutations, type Mutation } from './mutations.ts';

/** When a mutation was noticed, if it was. */
export interface Catch {
  readonly mutation: Mutation;
  /** Seeds until one failed; undefined when none did. */
  readonly seeds: number | undefined;
  readonly invariant: string | undefined;
}

/** A mutation nobody notices within so many seeds is one too many. */
const mostSeeds = 12_000;

/** Breaks the code in every known way and sees after how many seeds it is noticed. `told` after each. */
export async function checkMutations(told: (one: Catch) => void, only?: string): Promise<readonly Catch[]> {
  const caught: Catch[] = [];
  for (const mutation of mutations) {
    if (only !== undefined && !mutation.name.includes(only)) continue;
    const one = await check(mutation);
    caught.push(one);
    told(one);
  }
  return caught;
}

/** The file of a mutation, from the root of the repository. */
export function occurrences({ file, from }: Mutation): number {
  const source = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
  return source.split(from).length - 1;
}

async function check(mutation: Mutation): Promise<Catch> {
  if (occurrences(mutation) !== 1) {
    throw new Error(`${mutation.name}: ${mutation.file} should hold once: ${mutation.from}`);
  }
  let first: { readonly seed: number; readonly invariant: string } | undefined;
  await exploreInPool({
    first: 1,
    count: mostSeeds,
    mutation,
    done: (summaries) => {
      for (const { seed, violation } of summaries) {
        if (violation === undefined || (first !== undefined && first.seed < seed)) continue;
        first = { seed, invariant: violation.invariant };
      }
      return first === undefined;
    },
  });
  return { mutation, seeds: first?.seed, invariant: first?.invariant };
}
