import { isMillraceError, MillraceError } from '../errors.ts';
import type { StreamRecord } from '../record/record.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { Handler, HandlerContext } from './handler.ts';

/** A record whose value has not been decoded yet. */
export type RawStreamRecord = Omit<StreamRecord<unknown>, 'value'>;

export interface ProcessOptions<T> {
  readonly handler: Handler<T>;
  readonly decode: (bytes: Uint8Array) => T | Promise<T>;
  /** Tries of one record or batch before the shard stops, at least 1. */
  readonly maxAttempts: number;
  readonly clock: Clock;
  /** Fires when no further record may be started; what is in the handler's hands may finish. */
  readonly stop: AbortSignal;
}

const backoff: Backoff = { baseMs: 100, capMs: 30_000 };

/**
 * Hands records to a user's function in order and says through `handled` how far it got: that record and all before it
 * are done. A failure is retried in place with back-off; when tries run out it throws `HANDLER_FAILED` and nothing after
 * the failed record is touched. Returns early, without an error, when `stop` fires.
 */
export async function processRecords<T>(
  records: readonly RawStreamRecord[],
  context: HandlerContext,
  options: ProcessOptions<T>,
  handled: (last: RawStreamRecord) => void,
): Promise<void> {
  const { handler } = options;
  if ('eachBatch' in handler) {
    await processBatch(records, context, options, handler.eachBatch, handled);
    return;
  }
  for (const raw of records) {
    if (options.stop.aborted) return;
    const decoded = decodeRecord(raw, options);
    const record = decoded instanceof Promise ? await decoded : decoded;
    const call = (): unknown => handler.eachRecord(record, context);
    try {
      // A handler that answers at once must not cost a promise per record.
      const result = call();
      if (result instanceof Promise) await result;
    } catch (error) {
      if (!(await retry(record, options, call, error))) return;
    }
    handled(raw);
  }
}

async function processBatch<T>(
  records: readonly RawStreamRecord[],
  context: HandlerContext,
  options: ProcessOptions<T>,
  eachBatch: (records: readonly StreamRecord<T>[], context: HandlerContext) => unknown,
  handled: (last: RawStreamRecord) => void,
): Promise<void> {
  const batch: StreamRecord<T>[] = [];
  let poison: MillraceError | undefined;
  for (const raw of records) {
    try {
      batch.push(await decodeRecord(raw, options));
    } catch (error) {
      if (!isMillraceError(error)) throw error;
      // What came before a record that cannot be decoded is still owed to the handler.
      poison = error;
      break;
    }
  }
  const [first] = batch;
  const last = batch.at(-1);
  if (first !== undefined && last !== undefined && !options.stop.aborted) {
    const call = (): unknown => eachBatch(batch, context);
    try {
      await call();
    } catch (error) {
      if (!(await retry(first, options, call, error))) return;
    }
    handled(last);
  }
  if (poison !== undefined && !options.stop.aborted) throw poison;
}

/** Goes on trying after a first failure. True when a later try succeeded, false when `stop` fired. */
async function retry<T>(
  record: RawStreamRecord,
  options: ProcessOptions<T>,
  call: () => unknown,
  failure: unknown,
): Promise<boolean> {
  const { clock, maxAttempts, stop } = options;
  let cause = failure;
  for (let tries = 1; !stop.aborted; tries++) {
    const error = cause;
    publish('process:failed', () => ({ record, tries, error }));
    if (tries >= maxAttempts) throw handlerError(record, tries, cause);
    try {
      await sleep(clock, backoffDelay(backoff, tries, clock), stop);
      await call();
      return true;
    } catch (next) {
      cause = next;
    }
  }
  return false;
}

function decodeRecord<T>(
  raw: RawStreamRecord,
  options: ProcessOptions<T>,
): StreamRecord<T> | Promise<StreamRecord<T>> {
  const refuse = (cause: unknown): never => {
    publish('process:failed', () => ({ record: raw, tries: 1, error: cause }));
    throw handlerError(raw, 1, cause);
  };
  try {
    const value = options.decode(raw.bytes);
    if (value instanceof Promise) return value.then((decoded) => ({ ...raw, value: decoded }), refuse);
    return { ...raw, value };
  } catch (cause) {
    return refuse(cause);
  }
}

function handlerError(record: RawStreamRecord, attempts: number, cause: unknown): MillraceError {
  const { stream, shardId, sequenceNumber, subSequenceNumber, partitionKey } = record;
  const place = `${stream}/${shardId} at ${sequenceNumber}:${subSequenceNumber}`;
  return new MillraceError(
    'HANDLER_FAILED',
    `The handler failed ${attempts} ${attempts === 1 ? 'time' : 'times'} on ${place}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    {
      advice:
        'Nothing past this record is checkpointed; mend the handler (see the cause) and start the consumer again.',
      stream,
      shardId,
      sequenceNumber,
      partitionKey,
      attempts,
      cause,
    },
  );
}
