import type { Engine } from '../engine/engine.ts';
import type { Meter } from './meter.ts';

/** What an operation works with. */
export interface OperationContext {
  readonly engine: Engine;
  readonly meter?: Meter;
  /** A fault for one entry of PutRecords; see {@link Fault}. */
  readonly refuseEntry?: (index: number, shardId: () => string) => EntryFault | undefined;
}

export interface EntryFault {
  /** Default `ProvisionedThroughputExceededException`. */
  readonly code?: 'ProvisionedThroughputExceededException' | 'InternalFailure';
  /** Default the service's words for that code. */
  readonly message?: string;
}

/**
 * One operation of the service: takes the decoded request, answers what the model's output says, or undefined for
 * none. Timestamps in an output are milliseconds since the epoch; the wire writes them as its format wants.
 * Throws `ServiceError`.
 */
export type Operation<T extends object | undefined = object | undefined> = (
  context: OperationContext,
  input: unknown,
) => T;
