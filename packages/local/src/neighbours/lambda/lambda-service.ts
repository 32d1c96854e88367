import type { LocalLambda } from '../../local-lambda.ts';
import type { WireRequest, WireResponse } from '../../wire/message.ts';
import { answerFunctions } from './functions-api.ts';
import { errorAnswer, readRequest } from './lambda-wire.ts';
import { answerMappings } from './mappings-api.ts';
import { operationOf } from './operation.ts';

export interface LambdaOptions {
  readonly lambda: () => Promise<LocalLambda>;
  readonly now: () => number;
  /** Refuses a request that is not signed as it must be, by throwing a `ServiceError`. */
  readonly authorize: (request: WireRequest) => void;
  /** Refuses what the caller is not allowed to do, by throwing a `ServiceError`. */
  readonly permit?: ((operation: string, resource: string | undefined) => void) | undefined;
}

/** Answers one request; see `createLambda`. Never rejects. */
export async function answerLambda(
  { lambda, now, authorize, permit }: LambdaOptions,
  wire: WireRequest,
): Promise<WireResponse> {
  try {
    authorize(wire);
    const request = readRequest(wire);
    const call = operationOf(request);
    if (call !== undefined) permit?.(call.operation, call.resource);
    const { mappings, functions } = await lambda();
    return request.path[0] === 'event-source-mappings'
      ? answerMappings(mappings, request)
      : await answerFunctions(functions, request, now());
  } catch (error) {
    return errorAnswer(error);
  }
}
