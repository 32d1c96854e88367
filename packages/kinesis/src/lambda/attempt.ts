import { isMillraceError } from '../errors.ts';
import { handlerError } from '../process/handler-error.ts';
import { toLost } from '../process/lost.ts';
import type { RawStreamRecord } from '../process/raw-record.ts';
import type { StreamRecord } from '../record/record.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep } from '../runtime/clock.ts';
import type { Invocation } from './invocation.ts';
import type { ResolvedOptions } from './options.ts';

export const backoff: Backoff = { baseMs: 100, capMs: 5000 };

/** Takes a record in hand and says whether it is done. A promise only when something had to be waited for. */
export type Attempt = (record: RawStreamRecord) => boolean | Promise<boolean>;

/**
 * Decodes a record, hands it over, tries again, and puts aside what no retry will mend. True when it is done in one of these
 * ways, false when it is to come again. Rejects only when the user's logger or `isPermanent` throws.
 */
export function createAttempt<T>(
  invocation: Pick<Invocation, 'deadline' | 'report'>,
  options: ResolvedOptions,
  decode: (bytes: Uint8Array) => T | Promise<T>,
  handle: (record: StreamRecord<T>) => unknown,
): Attempt {
  const { deadline, report } = invocation;
  const { attempts, clock } = options;

  const call = (raw: RawStreamRecord, value: T, tries: number): boolean | Promise<boolean> => {
    try {
      const result = handle({ ...raw, value });
      // A handler that answers at once must not cost a promise.
      if (!isThenable(result)) return true;
      return Promise.resolve(result).then(
        () => true,
        (error: unknown) => failed(raw, value, error, tries),
      );
    } catch (error) {
      return failed(raw, value, error, tries);
    }
  };

  const failed = (
    raw: RawStreamRecord,
    value: T,
    error: unknown,
    tries: number,
  ): boolean | Promise<boolean> => {
    if (options.isPermanent(error)) return putAside(invocation, options, raw, error, tries);
    if (tries < attempts && !deadline.passed) return again(raw, value, error, tries);
    report.failed(raw, error, tries);
    return false;
  };

  const again = async (raw: RawStreamRecord, value: T, error: unknown, tries: number): Promise<boolean> => {
    await sleep(clock, backoffDelay(backoff, tries, clock), deadline.signal).catch(() => {});
    if (!deadline.passed) return call(raw, value, tries + 1);
    report.failed(raw, error, tries);
    return false;
  };

  return (raw) => {
    const refuse = (error: unknown): boolean | Promise<boolean> => refused(invocation, options, raw, error);
    try {
      const value = decode(raw.bytes);
      if (!isThenable(value)) return call(raw, value, 1);
      return Promise.resolve(value).then((decoded) => call(raw, decoded, 1), refuse);
    } catch (error) {
      return refuse(error);
    }
  };
}

/** A record whose bytes cannot be decoded; only a decoder that asks somebody else may say that it will pass. */
export function refused(
  invocation: Pick<Invocation, 'report'>,
  options: ResolvedOptions,
  raw: RawStreamRecord,
  error: unknown,
): boolean | Promise<boolean> {
  if (!isMillraceError(error) || !error.retryable) return putAside(invocation, options, raw, error, 1);
  invocation.report.failed(raw, error, 1);
  return false;
}

/** Ends a record that no retry will mend, as `onPoison` says. True when it is out of the way. */
export function putAside(
  { report }: Pick<Invocation, 'report'>,
  { onPoison }: ResolvedOptions,
  raw: RawStreamRecord,
  error: unknown,
  tries: number,
): boolean | Promise<boolean> {
  if (onPoison.action === 'stop') {
    report.failed(raw, error, tries);
    return false;
  }
  if (onPoison.action === 'skip') {
    report.putAside(raw, 'skip', error);
    return true;
  }
  const advice = 'Mend the handler or the value, then put the record again from where it was put aside.';
  const lost = toLost(raw, handlerError(raw, tries, error, advice), tries);
  const put = async (): Promise<boolean> => {
    try {
      await onPoison.sink(lost);
    } catch (cause) {
      report.sinkFailed(raw, cause);
      return false;
    }
    report.putAside(raw, 'deadLetter', error);
    return true;
  };
  return put();
}

/** Whatever can be awaited: a query builder is no `Promise`, and does nothing until somebody waits for it. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    (typeof value === 'object' || typeof value === 'function') &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
}
