import type { LostRecordSink } from '../sink/lost-record.ts';

/**
 * What becomes of a record whose handler has failed as often as it may:
 *
 * - `stop`: nothing more is handled, the consumer ends with `HANDLER_FAILED`. Nothing is lost and nothing moves.
 * - `deadLetter`: the record goes to a sink and handling goes on behind it. While the sink fails, nothing moves.
 * - `skip`: the record is dropped, told only on the diagnostics channel. It has to be asked for by name.
 */
export type FailurePolicy =
  | { readonly action: 'stop' }
  | { readonly action: 'deadLetter'; readonly sink: LostRecordSink }
  | { readonly action: 'skip' };

/**
 * Sends records that cannot be handled to `sink`, with their bytes, position, error and attempts, and goes on.
 *
 * @example
 * ```ts
 * const consumer = createConsumer(orders, connect(), {
 *   group: 'billing',
 *   from: 'oldest',
 *   onFailure: deadLetter(lostToFile('dead.ndjson')),
 * });
 * ```
 */
export function deadLetter(sink: LostRecordSink): FailurePolicy {
  return { action: 'deadLetter', sink };
}
