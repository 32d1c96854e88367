import { isMillraceError } from '../errors.ts';
import type { RawStreamRecord } from '../process/raw-record.ts';
import { publish } from '../runtime/diagnostics.ts';
import { missed } from './missed.ts';
import type { HandlerLogger } from './options.ts';

/** Tells what went wrong in one invocation, on the log and the channel `millrace:lambda:error`; never payloads or keys. */
export class Report {
  readonly #logger: HandlerLogger;
  readonly #place: Partial<RawStreamRecord>;
  readonly #requestId: string | undefined;

  constructor(logger: HandlerLogger, place: Partial<RawStreamRecord>, requestId: string | undefined) {
    this.#logger = logger;
    this.#place = place;
    this.#requestId = requestId;
  }

  /** The record's end. */
  failed(record: RawStreamRecord, error: unknown, attempts: number): typeof missed {
    this.error('Record failed', error, { attempts }, record);
    return missed;
  }

  error(what: string, error: unknown, more?: object, record?: RawStreamRecord): void {
    const { stream, shardId, sequenceNumber, subSequenceNumber } = record ?? this.#place;
    const place = { stream, shardId, sequenceNumber, subSequenceNumber };
    const details = { ...place, ...more, requestId: this.#requestId };
    publish('lambda:error', () => ({ what, ...details, error }));
    // The cause of one of ours may quote what could not be decoded.
    const told = isMillraceError(error) ? { code: error.code, message: error.message } : error;
    this.#logger.error(what, { ...details, error: told });
  }
}
