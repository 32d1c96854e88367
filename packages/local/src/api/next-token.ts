import { isObject } from '@millrace/kinesis/runtime';

import { limits } from '../engine/limits.ts';
import { invalidArgument, ServiceError } from '../engine/service-error.ts';

/** The request that goes on where a page ended, as a token: opaque to clients, valid for five minutes. */
export function encodeNextToken(request: object, now: number): string {
  return btoa(JSON.stringify({ issuedAt: now, request }));
}

/**
 * The request in a token, still to be checked like any other. Throws `InvalidArgumentException` for a text that is
 * no token, `ExpiredNextTokenException` for an old one.
 */
export function decodeNextToken(token: string, now: number): unknown {
  const state = parse(token);
  const issuedAt = state?.['issuedAt'];
  if (state === undefined || typeof issuedAt !== 'number' || !isObject(state['request'])) {
    throw invalidArgument('NextToken is invalid.');
  }
  if (now - issuedAt > limits.nextTokenLifeMs) {
    throw new ServiceError('ExpiredNextTokenException', 'NextToken has expired.');
  }
  return state['request'];
}

function parse(token: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const state: unknown = JSON.parse(atob(token));
    return isObject(state) ? state : undefined;
  } catch {
    return undefined;
  }
}
