import { isServiceError } from '../engine/service-error.ts';
import type { WireRequest } from '../wire/message.ts';
import type { Neighbour } from './neighbour.ts';

/** A neighbour of the JSON 1.0 protocol that `authorize` stands before: what it throws is answered. */
export function guarded(neighbour: Neighbour, authorize: (request: WireRequest) => void): Neighbour {
  return {
    ...neighbour,
    async answer(request) {
      try {
        authorize(request);
      } catch (error) {
        if (!isServiceError(error)) throw error;
        return {
          status: error.status,
          headers: { 'content-type': 'application/x-amz-json-1.0' },
          body: JSON.stringify({ __type: `com.amazon.coral.service#${error.type}`, message: error.message }),
        };
      }
      return neighbour.answer(request);
    },
  };
}
