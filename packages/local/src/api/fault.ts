import type { ServiceErrorType } from '../engine/service-error.ts';
import type { EntryFault } from './operation.ts';

/** A call about to be made, as a fault hook sees it. */
export interface FaultCall {
  /** For example `PutRecords`. */
  readonly operation: string;
  /** The stream it names by name, ARN or iterator. */
  readonly stream: string | undefined;
  /** The shard it names by id or iterator, or that its one record goes to. */
  readonly shardId: string | undefined;
  /** Calls of this operation so far, this one included: 1 for the first. */
  readonly count: number;
  /** Entries of PutRecords, 0 for other operations. */
  readonly entries: number;
}

/** What goes wrong with a call. */
export interface Fault {
  /** The call is held back so long, milliseconds. */
  readonly delayMs?: number;
  /** The call is answered with this error. */
  readonly error?: {
    readonly type: ServiceErrorType;
    readonly message?: string;
    /** `before` (default): nothing happened. `after`: the call took effect and only its answer is lost. */
    readonly when?: 'before' | 'after';
  };
  /**
   * Refuses entries of PutRecords: answer `{}` to throttle the one at `index`, undefined to let it through. `shardId`
   * tells where the entry would go.
   */
  readonly entry?: (index: number, shardId: () => string) => EntryFault | undefined;
  /**
   * The connection is cut instead of an answer: `before` the call took effect, or `after` it, so that what was
   * stored stays stored and only the client does not know.
   */
  readonly drop?: 'before' | 'after';
}

/**
 * Decides for every call whether something goes wrong. Called in order and synchronously, so a hook that draws from
 * a seeded generator replays.
 *
 * @example
 * ```ts
 * const everyThirdPut: Faults = ({ operation, count }) =>
 *   operation === 'PutRecords' && count % 3 === 0
 *     ? { error: { type: 'ProvisionedThroughputExceededException' } }
 *     : undefined;
 * ```
 */
export type Faults = (call: FaultCall) => Fault | undefined;

/** A hook that comes and goes; calls cost nothing more while there is none. */
export interface FaultSource {
  readonly current: Faults | undefined;
}
