import { isMillraceError } from '../errors.ts';
import type { RawStreamRecord } from '../process/raw-record.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ResolvedOptions } from './options.ts';

/** Tells what went wrong in one invocation: to the log, the diagnostics channels and the meter; never payloads or keys. */
export class Report {
  readonly #options: Pick<ResolvedOptions, 'logger' | 'meter'>;
  readonly #requestId: string | undefined;
  #putAside = 0;
  known = 0;

  constructor(options: Pick<ResolvedOptions, 'logger' | 'meter'>, requestId: string | undefined) {
    this.#options = options;
    this.#requestId = requestId;
  }

  failed(record: RawStreamRecord, error: unknown, attempts: number): void {
    publish('lambda:failed', () => ({ record, error, attempts }));
    this.#error('A record failed and will come again', { ...placeOf(record), attempts }, error);
  }

  putAside(record: RawStreamRecord, action: 'deadLetter' | 'skip', error: unknown): void {
    this.#putAside++;
    publish('lambda:put-aside', () => ({ record, action, error }));
    this.#error('A record that cannot be handled was put aside', { ...placeOf(record), action }, error);
  }

  sinkFailed(record: RawStreamRecord, error: unknown): void {
    publish('lambda:sink-failed', () => ({ record, error }));
    this.#error('The sink did not take a record; it will come again', placeOf(record), error);
  }

  notRemembered(error: unknown): void {
    this.#error('What was handled could not be noted; some may be handled twice', {}, error);
  }

  batchFailed(error: unknown, attempts: number): void {
    this.#error('The batch failed and will come again', { attempts }, error);
  }

  outOfTime(from: string): void {
    const details = { from, requestId: this.#requestId };
    this.#options.logger.warn('The time-out is near; what is not handled will come again', details);
  }

  /** The end of the invocation. */
  finished(stream: string, counts: { readonly records: number; readonly failed: number }): void {
    const { meter } = this.#options;
    const labels = { stream };
    const all = { ...counts, put_aside: this.#putAside, known: this.known };
    publish('lambda:finished', () => ({ stream, ...all }));
    for (const [name, count] of Object.entries(all))
      if (count > 0) meter.add(`lambda.${name}`, count, labels);
  }

  #error(message: string, details: Record<string, unknown>, error: unknown): void {
    // The cause of one of ours may quote what could not be decoded.
    const told = isMillraceError(error) ? { code: error.code, message: error.message } : error;
    this.#options.logger.error(message, { ...details, requestId: this.#requestId, error: told });
  }
}

function placeOf({
  stream,
  shardId,
  sequenceNumber,
  subSequenceNumber,
}: RawStreamRecord): Record<string, unknown> {
  return { stream, shardId, sequenceNumber, subSequenceNumber };
}
