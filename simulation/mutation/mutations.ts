import { consumerMutations } from './consumer-mutations.ts';
import type { Mutation } from './mutation.ts';
import { producerMutations } from './producer-mutations.ts';

/** Each is a mistake somebody could make, or has made elsewhere; the simulation has to notice every one. */
export const mutations: readonly Mutation[] = [...consumerMutations, ...producerMutations];
