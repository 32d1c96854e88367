import type { LocalLambda } from '../../local-lambda.ts';
import type { WireRequest } from '../../wire/message.ts';
import type { Neighbour } from '../neighbour.ts';
import { answerFunctions } from './functions-api.ts';
import { errorAnswer, isLambdaPath, readRequest } from './lambda-wire.ts';
import { answerMappings } from './mappings-api.ts';

export interface LambdaOptions {
  readonly lambda: () => Promise<LocalLambda>;
  readonly now: () => number;
  /** Refuses a request that is not signed as it must be, by throwing a `ServiceError`. */
  readonly authorize: (request: WireRequest) => void;
}

/**
 * The part of Lambda's API that event source mappings need, for the unmodified SDK: mappings to create, list, update
 * and delete, functions to look at and invoke. Functions are registered with the program, not deployed.
 */
export function createLambda({ lambda, now, authorize }: LambdaOptions): Neighbour {
  return {
    targets: [],
    accepts: ({ path }) => isLambdaPath(path),
    async answer(wire) {
      try {
        authorize(wire);
        const request = readRequest(wire);
        const { mappings, functions } = await lambda();
        return request.path[0] === 'event-source-mappings'
          ? answerMappings(mappings, request)
          : await answerFunctions(functions, request, now());
      } catch (error) {
        return errorAnswer(error);
      }
    },
    async close() {
      // The Lambda belongs to whoever made it.
    },
  };
}
