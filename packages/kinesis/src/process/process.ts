import type { MillraceError } from '../errors.ts';
import type { StreamRecord } from '../record/record.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { LostRecord } from '../sink/lost-record.ts';
import type { FailurePolicy } from './failure-policy.ts';
import type { Handler, HandlerContext } from './handler.ts';
import { handlerError } from './handler-error.ts';
import type { RawStreamRecord } from './raw-record.ts';

export interface ProcessOptions<T> {
  readonly handler: Handler<T>;
  readonly decode: (bytes: Uint8Array) => T | Promise<T>;
  /** Tries of one record or batch before it counts as failed, at least 1. */
  readonly maxAttempts: number;
  readonly onFailure: FailurePolicy;
  readonly clock: Clock;
  /** Fires when no further record may be started; what is in the handler's hands may finish. */
  readonly stop: AbortSignal;
}

const backoff: Backoff = { baseMs: 100, capMs: 30_000 };

/** Records and the one call that handles them. */
interface Work<T> {
  readonly raw: readonly RawStreamRecord[];
  readonly records: readonly StreamRecord<T>[];
  readonly call: () => unknown;
}

/**
 * Hands records to a user's function in order and says through `handled` how far it got: that record and all before it
 * are done. A failure is retried in place with back-off. When tries run out a batch is bisected until the failing record
 * is alone; what happens to that one is the policy's: stop here with `HANDLER_FAILED`, or put it aside and go on. A value
 * that cannot be decoded has failed at once. Returns early, without an error, when `stop` fires.
 */
export async function processRecords<T>(
  records: readonly RawStreamRecord[],
  context: HandlerContext,
  options: ProcessOptions<T>,
  handled: (last: RawStreamRecord) => void,
): Promise<void> {
  const process = new Process(context, options, handled);
  if ('eachBatch' in options.handler) await process.batches(records, options.handler.eachBatch);
  else await process.each(records, options.handler.eachRecord);
}

class Process<T> {
  readonly #context: HandlerContext;
  readonly #options: ProcessOptions<T>;
  readonly #handled: (last: RawStreamRecord) => void;

  constructor(context: HandlerContext, options: ProcessOptions<T>, handled: (last: RawStreamRecord) => void) {
    this.#context = context;
    this.#options = options;
    this.#handled = handled;
  }

  async each(
    records: readonly RawStreamRecord[],
    handle: (record: StreamRecord<T>, context: HandlerContext) => unknown,
  ): Promise<void> {
    for (const raw of records) {
      if (this.#options.stop.aborted) return;
      const decoded = this.#decode(raw);
      const record = decoded instanceof Promise ? await decoded : decoded;
      if ('poison' in record) {
        if (!(await this.#putAside(raw, record.poison, 1))) return;
        continue;
      }
      const call = (): unknown => handle(record, this.#context);
      try {
        // A handler that answers at once must not cost a promise per record.
        const result = call();
        if (result instanceof Promise) await result;
      } catch (error) {
        const work = { raw: [raw], records: [record], call };
        if (!(await this.#retry(work, error, this.#options.maxAttempts))) return;
        continue;
      }
      this.#handled(raw);
    }
  }

  async batches(
    records: readonly RawStreamRecord[],
    handle: (records: readonly StreamRecord<T>[], context: HandlerContext) => unknown,
  ): Promise<void> {
    let raw: RawStreamRecord[] = [];
    let batch: StreamRecord<T>[] = [];
    for (const each of records) {
      const record = await this.#decode(each);
      if (!('poison' in record)) {
        raw.push(each);
        batch.push(record);
        continue;
      }
      // What came before a record that cannot be decoded is still owed to the handler, and comes first.
      if (!(await this.#batch(raw, batch, handle, this.#options.maxAttempts))) return;
      if (!(await this.#putAside(each, record.poison, 1))) return;
      [raw, batch] = [[], []];
    }
    await this.#batch(raw, batch, handle, this.#options.maxAttempts);
  }

  /** True when every record is handled or put aside, false when stopped. */
  async #batch(
    raw: readonly RawStreamRecord[],
    records: readonly StreamRecord<T>[],
    handle: (records: readonly StreamRecord<T>[], context: HandlerContext) => unknown,
    tries: number,
  ): Promise<boolean> {
    const last = raw.at(-1);
    if (last === undefined) return true;
    if (this.#options.stop.aborted) return false;
    const call = (): unknown => handle(records, this.#context);
    try {
      await call();
    } catch (error) {
      return this.#retry({ raw, records, call }, error, tries, async () => {
        const middle = raw.length >> 1;
        // Halves get one try each, or a poison record among ten thousand would take hours to find.
        const left = await this.#batch(
          raw.slice(0, middle),
          records.slice(0, middle),
          handle,
          triesOf(middle),
        );
        return (
          left && this.#batch(raw.slice(middle), records.slice(middle), handle, triesOf(raw.length - middle))
        );
      });
    }
    this.#handled(last);
    return true;

    function triesOf(length: number): number {
      return length === 1 ? tries : 1;
    }
  }

  /** Goes on after a first failure. True when the work is done in some way, false when stopped. */
  async #retry(
    { raw, call }: Work<T>,
    failure: unknown,
    maxAttempts: number,
    bisect?: () => Promise<boolean>,
  ): Promise<boolean> {
    const { clock, stop } = this.#options;
    const [first] = raw;
    const last = raw.at(-1);
    if (first === undefined || last === undefined) return true;
    let cause = failure;
    for (let tries = 1; !stop.aborted; tries++) {
      const error = cause;
      publish('process:failed', () => ({ record: first, records: raw.length, tries, error }));
      if (tries >= maxAttempts) {
        if (raw.length > 1 && bisect !== undefined) return bisect();
        return this.#putAside(first, handlerError(first, tries, cause), tries);
      }
      try {
        await sleep(clock, backoffDelay(backoff, tries, clock), stop);
        await call();
        this.#handled(last);
        return true;
      } catch (next) {
        cause = next;
      }
    }
    return false;
  }

  /** Ends a record that cannot be handled. True when it is out of the way, false when stopped first. */
  async #putAside(raw: RawStreamRecord, error: MillraceError, attempts: number): Promise<boolean> {
    const { onFailure, clock, stop } = this.#options;
    if (stop.aborted) return false;
    if (onFailure.action === 'stop') throw error;
    publish('process:put-aside', () => ({ record: raw, action: onFailure.action, attempts, error }));
    for (let tries = 1; onFailure.action === 'deadLetter'; tries++) {
      try {
        await onFailure.sink(toLost(raw, error, attempts));
        break;
      } catch (cause) {
        publish('process:sink-failed', () => ({ record: raw, tries, error: cause }));
        await sleep(clock, backoffDelay(backoff, tries, clock), stop).catch(() => {});
        if (stop.aborted) return false;
      }
    }
    this.#handled(raw);
    return true;
  }

  #decode(raw: RawStreamRecord): Decoded<T> | Promise<Decoded<T>> {
    const refuse = (cause: unknown): { readonly poison: MillraceError } => {
      publish('process:failed', () => ({ record: raw, records: 1, tries: 1, error: cause }));
      return { poison: handlerError(raw, 1, cause) };
    };
    try {
      const value = this.#options.decode(raw.bytes);
      if (value instanceof Promise) return value.then((decoded) => ({ ...raw, value: decoded }), refuse);
      return { ...raw, value };
    } catch (cause) {
      return refuse(cause);
    }
  }
}

type Decoded<T> = StreamRecord<T> | { readonly poison: MillraceError };

function toLost(raw: RawStreamRecord, error: MillraceError, attempts: number): LostRecord {
  const { stream, partitionKey, explicitHashKey, headers, bytes } = raw;
  const { shardId, sequenceNumber, subSequenceNumber, arrivedAt } = raw;
  const record = {
    partitionKey,
    ...(explicitHashKey !== undefined && { explicitHashKey }),
    ...(Object.keys(headers).length > 0 && { headers }),
    data: bytes,
  };
  return {
    stream,
    record,
    error,
    position: { shardId, sequenceNumber, subSequenceNumber, arrivedAt, attempts },
  };
}
