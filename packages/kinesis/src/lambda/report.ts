import { isMillraceError } from '../errors.ts';
import type { RawStreamRecord } from '../process/raw-record.ts';
import { publish } from '../runtime/diagnostics.ts';
import { missed } from './missed.ts';
import type { HandlerLogger } from './options.ts';

/** Tells what went wrong in one invocation, on the log and the channel `millrace:lambda:error`; never payloads or keys. */
export interface Report {
  /** The record's end. */
  readonly failed: (record: RawStreamRecord, error: unknown, attempts: number) => typeof missed;
  readonly error: (what: string, error: unknown, more?: object, record?: RawStreamRecord) => void;
}

export function createReport(
  logger: HandlerLogger,
  whole: Partial<RawStreamRecord>,
  requestId: string | undefined,
): Report {
  const error: Report['error'] = (what, cause, more, record) => {
    const { stream, shardId, sequenceNumber, subSequenceNumber } = record ?? whole;
    const details = { stream, shardId, sequenceNumber, subSequenceNumber, ...more, requestId };
    publish('lambda:error', () => ({ what, ...details, error: cause }));
    // The cause of one of ours may quote what could not be decoded.
    const told = isMillraceError(cause) ? { code: cause.code, message: cause.message } : cause;
    logger.error(what, { ...details, error: told });
  };
  return {
    error,
    failed(record, cause, attempts) {
      error('Record failed', cause, { attempts }, record);
      return missed;
    },
  };
}
