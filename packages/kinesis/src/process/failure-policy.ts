import { integerOption } from '../runtime/options.ts';
import type { LostRecordSink } from '../sink/lost-record.ts';
import { handlerError } from './handler-error.ts';
import { toLost } from './lost.ts';
import type { RawStreamRecord } from './raw-record.ts';

/**
 * What becomes of a record whose handler has failed as often as it may:
 *
 * - `stop`: nothing more is handled, the consumer ends with `HANDLER_FAILED`. Nothing is lost and nothing moves.
 * - `deadLetter`: the record goes to a sink and handling goes on behind it. While the sink fails, nothing moves.
 * - `parkTheKey`: the record goes to a sink and so does, in order, whatever else comes for its partition key; the other keys
 *   go on. With as many keys parked as may be, the next failure stops.
 * - `skip`: the record is dropped, told only on the diagnostics channel. It has to be asked for by name.
 */
export type FailurePolicy =
  | { readonly action: 'stop' }
  | DeadLetterPolicy
  | { readonly action: 'parkTheKey'; readonly sink: LostRecordSink; readonly maxKeys: number }
  | { readonly action: 'skip' };

export interface DeadLetterPolicy {
  readonly action: 'deadLetter';
  readonly sink: LostRecordSink;
  /** Gives a record to the sink; here, so that only who puts records aside carries what that takes. */
  readonly put: (record: RawStreamRecord, cause: unknown, attempts: number) => Promise<void>;
}

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
export function deadLetter(sink: LostRecordSink): DeadLetterPolicy {
  return {
    action: 'deadLetter',
    sink,
    put: async (record, cause, attempts) =>
      sink(toLost(record, handlerError(record, attempts, cause), attempts)),
  };
}

export interface ParkOptions {
  /** Keys that may be parked in one shard at the same time, 1 to 250. They are kept in the lease, 1 KB of it at most each. @defaultValue `100` */
  readonly maxKeys?: number;
}

/**
 * Parks the partition key of a record that cannot be handled: that record and all that follow it under its key go to `sink`,
 * in order, each marked with the first (`position.parkedBehind`), while other keys go on. For handlers that must never see a
 * key's record after one it missed.
 *
 * Which keys are parked is stored with the checkpoint, as far as the checkpoint has passed them, and so outlives restarts, moves
 * to other workers and reshards. A key stays parked until {@link Consumer.unpark} is called. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * const consumer = createConsumer(orders, connect(), {
 *   group: 'ledger',
 *   from: 'oldest',
 *   onFailure: parkTheKey(lostToFile('parked.ndjson')),
 * });
 * ```
 */
export function parkTheKey(sink: LostRecordSink, options: ParkOptions = {}): FailurePolicy {
  const maxKeys = integerOption('parkTheKey.maxKeys', options.maxKeys ?? 100, 1, 250);
  return { action: 'parkTheKey', sink, maxKeys };
}
