import type { Neighbour } from '../neighbour.ts';
import type { LambdaOptions } from './lambda-service.ts';

/**
 * The part of Lambda's API that event source mappings need, for the unmodified SDK: mappings to create, list, update
 * and delete, functions to look at and invoke. Functions are registered with the program, not deployed. Loaded with
 * the first request to it.
 */
export function createLambda(options: LambdaOptions): Neighbour {
  return {
    targets: [],
    accepts: ({ path }) => path.startsWith('/2015-03-31/'),
    async answer(request) {
      const { answerLambda } = await import('./lambda-service.ts');
      return answerLambda(options, request);
    },
    async close() {
      // The Lambda belongs to whoever made it.
    },
  };
}
