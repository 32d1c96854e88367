import { isMillraceError } from '../errors.ts';
import { fill, type Draft, type RawStreamRecord } from '../process/raw-record.ts';
import type { StreamRecord } from '../record/record.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { isThenable } from '../runtime/thenable.ts';
import { missed, type Ending } from './missed.ts';
import type { Invocation } from './invocation.ts';
import type { ResolvedOptions } from './options.ts';

export const backoff: Backoff = { baseMs: 100, capMs: 5000 };

/** What came of taking a record in hand: its end, or what to wait for. The handler's own promise is passed on as it is. */
export type Outcome = Ending | PromiseLike<unknown>;

/** Takes records to their end: done in some way, or missed. */
export interface Attempt {
  readonly start: (record: Draft) => Outcome;
  /** The wait for a record has ended with an error. */
  readonly failed: (record: Draft, error: unknown) => Ending | Promise<unknown>;
}

/**
 * Decodes records, hands them over, tries again, and puts aside what no retry will mend. A handler that answers at once costs
 * no promise, and one that does not, none but its own. Fails only when the user's logger or `isPermanent` throws.
 */
export function createAttempt<T>(
  invocation: Pick<Invocation, 'deadline' | 'report'>,
  options: ResolvedOptions,
  decode: (bytes: Uint8Array) => T | Promise<T>,
  handle: (record: StreamRecord<T>) => unknown,
): Attempt {
  const { deadline, report } = invocation;
  const { attempts, clock, isPermanent } = options;

  const start = (record: Draft, tries: number): Outcome => {
    let value: T | Promise<T>;
    try {
      value = decode(record.bytes);
    } catch (error) {
      return refused(invocation, options, record, error);
    }
    if (!isThenable(value)) return handOver(record, value, tries);
    return Promise.resolve(value).then(
      (decoded) => conclude(record, handOver(record, decoded, tries), tries),
      (error: unknown) => refused(invocation, options, record, error),
    );
  };

  const handOver = (record: Draft, value: T, tries: number): Outcome => {
    fill(record, value);
    try {
      const result = handle(record);
      return isThenable(result) ? result : true;
    } catch (error) {
      return failed(record, error, tries);
    }
  };

  const conclude = async (record: Draft, outcome: Outcome, tries: number): Promise<unknown> => {
    try {
      return await outcome;
    } catch (error) {
      return failed(record, error, tries);
    }
  };

  const failed = (record: Draft, error: unknown, tries: number): Ending | Promise<unknown> => {
    if (isPermanent(error)) return putAside(invocation, options, record, error, tries);
    if (tries < attempts && !deadline.passed()) return again(record, error, tries);
    return report.failed(record, error, tries);
  };

  const again = async (record: Draft, error: unknown, tries: number): Promise<unknown> => {
    await deadline.pause(backoffDelay(backoff, tries, clock));
    // From its bytes once more: a handler may have changed the value before it failed.
    if (!deadline.passed()) return conclude(record, start(record, tries + 1), tries + 1);
    return report.failed(record, error, tries);
  };

  return { start: (record) => start(record, 1), failed: (record, error) => failed(record, error, 1) };
}

/** A record whose bytes cannot be decoded; only a decoder that asks somebody else may say that it will pass. */
export function refused(
  invocation: Pick<Invocation, 'report'>,
  options: ResolvedOptions,
  record: RawStreamRecord,
  error: unknown,
): Ending | Promise<Ending> {
  if (!isMillraceError(error) || !error.retryable) return putAside(invocation, options, record, error, 1);
  return invocation.report.failed(record, error, 1);
}

/** Ends a record that no retry will mend, as `onPoison` says. Missed when it is not out of the way. */
export function putAside(
  { report }: Pick<Invocation, 'report'>,
  { onPoison }: ResolvedOptions,
  record: RawStreamRecord,
  error: unknown,
  tries: number,
): Ending | Promise<Ending> {
  if (onPoison === 'retry') return report.failed(record, error, tries);
  const aside = (): true => {
    report.error(
      'Record put aside',
      error,
      { onPoison: onPoison === 'skip' ? onPoison : onPoison.action },
      record,
    );
    return true;
  };
  if (onPoison === 'skip') return aside();
  return onPoison.put(record, error, tries).then(aside, (cause: unknown) => {
    report.error('Sink failed', cause, {}, record);
    return missed;
  });
}
