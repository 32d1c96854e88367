import type { StreamRecord } from '../record/record.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { sleep, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { isThenable } from '../runtime/thenable.ts';
import type { FailurePolicy } from './failure-policy.ts';
import type { Handler, HandlerContext } from './handler.ts';
import { handlerError } from './handler-error.ts';
import { handleByKey } from './key-lanes.ts';
import { Parking } from './parking.ts';
import { behind, putAside, type PutAsideOptions, type Reason } from './put-aside.ts';
import { fill, type Draft, type RawStreamRecord } from './raw-record.ts';

export interface ProcessOptions<T> {
  readonly handler: Handler<T>;
  readonly decode: (bytes: Uint8Array) => T | Promise<T>;
  /** Tries of one record or batch before it counts as failed, at least 1. */
  readonly maxAttempts: number;
  readonly onFailure: FailurePolicy;
  /** Records handled at once, by key lanes; 1 is strictly in order. */
  readonly concurrency: number;
  readonly clock: Clock;
  /** Fires when no further record may be started; what is in the handler's hands may finish. */
  readonly stop: AbortSignal;
  /** The keys that are parked; those the policy parks are added. Default: none yet. */
  readonly parking?: Parking;
  /** Asked before each record or batch: a promise to wait for first, when there is one. Default: none. */
  readonly gate?: () => Promise<void> | undefined;
  /** Told of each try and each finished record: the shard is not stuck. */
  readonly alive?: () => void;
}

const backoff: Backoff = { baseMs: 100, capMs: 30_000 };

/** How far it got. */
type Handled = (last: RawStreamRecord, count: number) => void;
type HandleBatch<T> = (records: readonly StreamRecord<T>[], context: HandlerContext) => unknown;
type HandleOne<T> = (record: StreamRecord<T>, context: HandlerContext) => unknown;

/**
 * Hands records to a user's function in order and says through `handled` how far it got: that record and all before it
 * are done, `count` of them since it was last told. A failure is retried in place with back-off. When tries run out a batch is bisected until the failing record
 * is alone; what happens to that one is the policy's: stop here with `HANDLER_FAILED`, or put it aside and go on. A value
 * that cannot be decoded has failed at once, and a record whose key is parked is put aside untried. Returns early, without an
 * error, when `stop` fires.
 */
export async function processRecords<T>(
  records: readonly Draft[],
  context: HandlerContext,
  options: ProcessOptions<T>,
  handled: Handled,
): Promise<void> {
  const { handler, concurrency, stop } = options;
  const process = new Process(context, options, handled);
  const onStop = (): void => process.stop();
  stop.addEventListener('abort', onStop, { once: true });
  try {
    if ('eachBatch' in handler) await process.batches(records, handler.eachBatch);
    else if (concurrency > 1) await process.lanes(records, handler.eachRecord);
    else await process.each(records, handler.eachRecord);
  } finally {
    stop.removeEventListener('abort', onStop);
  }
}

class Process<T> {
  readonly #context: HandlerContext;
  readonly #options: ProcessOptions<T>;
  readonly #handled: Handled;
  readonly #aside: PutAsideOptions;
  /** Records of batches that are done and told. */
  #batched = 0;
  /** Whether `stop` has fired: to ask the signal itself costs a record as much as to hand it over. */
  #told: boolean;

  constructor(context: HandlerContext, options: ProcessOptions<T>, handled: Handled) {
    const { onFailure, parking = new Parking(), clock, stop, alive = () => {} } = options;
    this.#context = context;
    this.#options = options;
    this.#handled = handled;
    this.#aside = { onFailure, parking, clock, stop, alive };
    this.#told = stop.aborted;
  }

  stop(): void {
    this.#told = true;
  }

  async each(records: readonly Draft[], handle: HandleOne<T>): Promise<void> {
    for (const raw of records) {
      // A handler that answers at once must not cost a promise per record.
      const wait = this.#options.gate?.();
      if (wait !== undefined) await wait;
      const done = this.#one(raw, handle);
      if (!(typeof done === 'boolean' ? done : await done)) return;
      this.#aside.alive();
      this.#handled(raw, 1);
    }
  }

  async lanes(records: readonly Draft[], handle: HandleOne<T>): Promise<void> {
    await handleByKey(records, {
      keyOf: ({ partitionKey }) => partitionKey,
      concurrency: this.#options.concurrency,
      handle: (raw) => {
        this.#aside.alive();
        const wait = this.#options.gate?.();
        return wait === undefined ? this.#one(raw, handle) : wait.then(() => this.#one(raw, handle));
      },
      advanced: this.#handled,
    });
  }

  async batches(records: readonly Draft[], handle: HandleBatch<T>): Promise<void> {
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
      if (!(await this.#putAside(each, record.poison))) return;
      this.#handled(each, 1);
      [raw, batch] = [[], []];
    }
    await this.#batch(raw, batch, handle, this.#options.maxAttempts);
  }

  get #stopped(): boolean {
    return this.#told || !this.#context.isHeld();
  }

  /** True when the record is handled or put aside, false when stopped. */
  #one(raw: Draft, handle: HandleOne<T>): boolean | Promise<boolean> {
    if (this.#stopped) return false;
    const first = this.#aside.parking.first(raw.partitionKey);
    if (first !== undefined) return this.#putAside(raw, behind(raw, first));
    const decoded = this.#decode(raw);
    return decoded instanceof Promise
      ? decoded.then((record) => this.#handleOne(raw, record, handle))
      : this.#handleOne(raw, decoded, handle);
  }

  #handleOne(raw: RawStreamRecord, record: Decoded<T>, handle: HandleOne<T>): boolean | Promise<boolean> {
    if ('poison' in record) return this.#putAside(raw, record.poison);
    try {
      const result = handle(record, this.#context);
      if (!isThenable(result)) return true;
      return Promise.resolve(result).then(
        () => true,
        (error: unknown) => this.#again(raw, record, handle, error),
      );
    } catch (error) {
      return this.#again(raw, record, handle, error);
    }
  }

  #again(
    raw: RawStreamRecord,
    record: StreamRecord<T>,
    handle: HandleOne<T>,
    error: unknown,
  ): Promise<boolean> {
    return this.#retry([raw], () => handle(record, this.#context), error, this.#options.maxAttempts);
  }

  /** True when every record is handled or put aside, false when stopped. */
  async #batch(
    raw: readonly RawStreamRecord[],
    records: readonly StreamRecord<T>[],
    handle: HandleBatch<T>,
    tries: number,
  ): Promise<boolean> {
    const last = raw.at(-1);
    if (last === undefined) return true;
    const { parking } = this.#aside;
    const before = this.#batched;
    let free = raw;
    let freeRecords = records;
    if (parking.size > 0) {
      // Those of parked keys first: the halves of a batch that fails tell their progress, past these.
      for (const each of raw) {
        const first = parking.first(each.partitionKey);
        if (first !== undefined && !(await this.#putAside(each, behind(each, first)))) return false;
      }
      const isFree = ({ partitionKey }: RawStreamRecord): boolean =>
        parking.first(partitionKey) === undefined;
      free = raw.filter(isFree);
      freeRecords = records.filter(isFree);
    }
    // One that is alone, if only for its parked neighbours, has all its tries before it is put aside.
    const allowed = free.length === 1 ? this.#options.maxAttempts : tries;
    if (free.length > 0 && !(await this.#tryBatch(free, freeRecords, handle, allowed))) return false;
    // Its halves may have told of some already.
    const count = raw.length - (this.#batched - before);
    this.#batched += count;
    this.#handled(last, count);
    return true;
  }

  async #tryBatch(
    raw: readonly RawStreamRecord[],
    records: readonly StreamRecord<T>[],
    handle: HandleBatch<T>,
    tries: number,
  ): Promise<boolean> {
    await this.#options.gate?.();
    if (this.#stopped) return false;
    const call = (): unknown => handle(records, this.#context);
    try {
      await call();
    } catch (error) {
      const halves = (): Promise<boolean> => this.#bisect(raw, records, handle);
      if (!(await this.#retry(raw, call, error, tries, halves))) return false;
    }
    this.#aside.alive();
    return true;
  }

  /** Halves get one try each, or a poison record among ten thousand would take hours to find; one alone gets them all. */
  async #bisect(
    raw: readonly RawStreamRecord[],
    records: readonly StreamRecord<T>[],
    handle: HandleBatch<T>,
  ): Promise<boolean> {
    const middle = raw.length >> 1;
    for (const [from, to] of [
      [0, middle],
      [middle, raw.length],
    ] as const) {
      if (!(await this.#batch(raw.slice(from, to), records.slice(from, to), handle, 1))) return false;
    }
    return true;
  }

  /** Goes on after a first failure. True when the work is done in some way, false when stopped. */
  async #retry(
    raw: readonly RawStreamRecord[],
    call: () => unknown,
    failure: unknown,
    maxAttempts: number,
    bisect?: () => Promise<boolean>,
  ): Promise<boolean> {
    const { clock, stop } = this.#options;
    const [first] = raw;
    if (first === undefined) return true;
    let cause = failure;
    for (let tries = 1; !stop.aborted; tries++) {
      const error = cause;
      this.#aside.alive();
      publish('process:failed', () => ({ record: first, records: raw.length, tries, error }));
      if (tries >= maxAttempts) {
        if (raw.length > 1 && bisect !== undefined) return bisect();
        return this.#putAside(first, { error: handlerError(first, tries, cause), attempts: tries });
      }
      try {
        await sleep(clock, backoffDelay(backoff, tries, clock), stop);
        if (this.#stopped) return false;
        await call();
        return true;
      } catch (next) {
        cause = next;
      }
    }
    return false;
  }

  #putAside(raw: RawStreamRecord, reason: Reason): Promise<boolean> {
    const parkedBehind = this.#aside.parking.first(raw.partitionKey);
    return putAside(raw, parkedBehind === undefined ? reason : { ...reason, parkedBehind }, this.#aside);
  }

  #decode(raw: Draft): Decoded<T> | Promise<Decoded<T>> {
    try {
      const value = this.#options.decode(raw.bytes);
      if (isThenable(value)) return this.#decodeLater(raw, value);
      fill(raw, value);
      return raw;
    } catch (cause) {
      return refused(raw, cause);
    }
  }

  async #decodeLater(raw: Draft, value: PromiseLike<T>): Promise<Decoded<T>> {
    try {
      fill(raw, await value);
      return raw;
    } catch (cause) {
      return refused(raw, cause);
    }
  }
}

function refused(raw: RawStreamRecord, cause: unknown): Poison {
  publish('process:failed', () => ({ record: raw, records: 1, tries: 1, error: cause }));
  return { poison: { error: handlerError(raw, 1, cause), attempts: 1 } };
}

interface Poison {
  readonly poison: Reason;
}

type Decoded<T> = StreamRecord<T> | Poison;
