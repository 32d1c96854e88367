import fc from 'fast-check';

import { isMillraceError } from '../../src/errors.ts';

/** What an answer holds of a record. */
export interface Answered {
  readonly key: string;
  readonly data: Uint8Array;
}

/** Records with data of up to 200 bytes, or of at least `largeBytes`, which is then not read with the rest. */
export function answers(largeBytes: number): fc.Arbitrary<readonly Answered[]> {
  const small = fc.uint8Array({ maxLength: 200 });
  const large = fc
    .tuple(fc.integer({ min: largeBytes, max: 6000 }), fc.uint8Array({ minLength: 1, maxLength: 50 }))
    .map(([length, pattern]) => new Uint8Array(Buffer.alloc(length, pattern)));
  const record = fc.record({
    key: fc.string({ unit: 'binary', minLength: 1 }),
    data: fc.oneof(small, large),
  });
  return fc.array(record, { maxLength: 8 });
}

export const sequenceNumber = (index: number): string => `4965${String(index).padStart(52, '0')}`;

/** Of the error to retry that `attempt` throws, if any. */
export function codeOf(attempt: () => unknown): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    return isMillraceError(error) && error.retryable ? error.code : String(error);
  }
}
