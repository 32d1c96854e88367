import type { ShardSubscription } from './consumer.ts';
import type { Engine } from './engine.ts';
import { limits } from './limits.ts';
import type { ReadBatch, ReadOptions } from './reading.ts';
import { formatSequenceNumber } from './sequence-number.ts';
import { isServiceError, type ServiceError } from './service-error.ts';
import type { ShardIterator } from './shard-iterator.ts';
import type { Shard } from './shard.ts';
import { WindowBudget } from './window-budget.ts';

export interface SubscriptionInit {
  readonly shard: Shard;
  /** Where it begins. */
  readonly iterator: ShardIterator;
  /** Monotonic milliseconds. */
  readonly startedAt: number;
}

export interface SubscriptionEvent<T> {
  readonly records: readonly T[];
  /** Bytes of data and partition keys, as the service counts them. */
  readonly bytes: number;
  /** A later subscription goes on after this. Undefined at the end of a closed shard. */
  readonly continuation: string | undefined;
  readonly millisBehindLatest: number;
  /** What the shard became; given at its end. */
  readonly children: readonly Shard[] | undefined;
}

/** What a reader who is ready for more does. */
export type SubscriptionStep<T> =
  | { readonly type: 'event'; readonly event: SubscriptionEvent<T> }
  /** Nothing to send: look again when {@link Subscription.wait} calls, or after so long. */
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'end'; readonly error: ServiceError | undefined };

/**
 * One reading of a shard by a consumer, for at most five minutes. It is pulled: `step` says what is next at that
 * instant and nothing happens in between, so a reader that is slow or gone costs neither memory nor timers.
 *
 *     reading --step--> event (records | nothing for 5 s) | wait
 *             --shard ends--> event with children --> ended
 *             --5 minutes | end() | stream gone--> ended
 */
export class Subscription implements ShardSubscription {
  readonly startedAt: number;
  readonly #engine: Engine;
  readonly #shard: Shard;
  readonly #budget: WindowBudget | undefined;
  #iterator: ShardIterator | undefined;
  #continuation: string;
  #lastEventAt: number;
  #end: { readonly error: ServiceError | undefined } | undefined;
  #wake: (() => void) | undefined;

  constructor(engine: Engine, init: SubscriptionInit) {
    this.startedAt = init.startedAt;
    this.#engine = engine;
    this.#shard = init.shard;
    this.#iterator = init.iterator;
    this.#continuation = numberBefore(init.shard, init.iterator.index);
    this.#lastEventAt = init.startedAt;
    this.#budget = engine.options.enforceLimits
      ? new WindowBudget(limits.shardReadBytesPerSecond)
      : undefined;
  }

  get ended(): boolean {
    return this.#end !== undefined;
  }

  /** What is next. `time` is monotonic milliseconds; `toRecord` makes each record as the caller wants it. */
  step<T>(time: number, toRecord: ReadOptions<T>['toRecord']): SubscriptionStep<T> {
    if (this.#iterator === undefined) this.end();
    if (time - this.startedAt >= limits.subscriptionMs) this.end();
    if (this.#end !== undefined) return { type: 'end', error: this.#end.error };
    const waitForBudget = this.#budget === undefined ? 0 : this.#budget.availableAt(time) - time;
    if (waitForBudget <= 0) {
      const event = this.#read(time, toRecord);
      if (event !== undefined) return event;
    } else if (time - this.#lastEventAt >= limits.heartbeatMs) {
      // Paying off a very large record takes longer than a silence may last.
      return this.#emit(time, { records: [], bytes: 0, millisBehindLatest: 0, children: undefined });
    }
    const until = Math.min(this.#lastEventAt + limits.heartbeatMs, this.startedAt + limits.subscriptionMs);
    const delayMs = waitForBudget > 0 ? Math.min(waitForBudget, until - time) : until - time;
    return { type: 'wait', delayMs };
  }

  /** Ends it for good, with what the reader is told as the reason. The first end counts. */
  end(error?: ServiceError): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    this.#wake?.();
  }

  /** Calls `listener` when the shard has changed or the subscription has ended, until disposed. */
  wait(listener: () => void): Disposable {
    const change = this.#shard.onChange(listener);
    this.#wake = listener;
    return {
      [Symbol.dispose]: () => {
        change[Symbol.dispose]();
        this.#wake = undefined;
      },
    };
  }

  #read<T>(time: number, toRecord: ReadOptions<T>['toRecord']): SubscriptionStep<T> | undefined {
    const batch = this.#batch(time, toRecord);
    if (batch === undefined) return { type: 'end', error: this.#end?.error };
    this.#budget?.take(batch.bytes, time);
    this.#iterator = batch.next;
    const { records, next } = batch;
    if (records.length > 0 && next !== undefined) {
      this.#continuation = numberBefore(this.#shard, next.index);
    }
    const silent = time - this.#lastEventAt >= limits.heartbeatMs;
    if (records.length === 0 && next !== undefined && !silent) return undefined;
    return this.#emit(time, batch);
  }

  /** Undefined when the stream or shard is gone. */
  #batch<T>(time: number, toRecord: ReadOptions<T>['toRecord']): ReadBatch<T> | undefined {
    if (this.#iterator === undefined) return undefined;
    try {
      return this.#engine.read(this.#iterator, {
        limit: limits.recordsPerGet,
        fanOutBytes: Math.min(limits.bytesPerEvent, this.#budget?.left(time) ?? limits.bytesPerEvent),
        toRecord,
      });
    } catch (error) {
      if (!isServiceError(error)) throw error;
      this.end(error);
      return undefined;
    }
  }

  #emit<T>(
    time: number,
    batch: Pick<ReadBatch<T>, 'records' | 'bytes' | 'millisBehindLatest' | 'children'>,
  ): SubscriptionStep<T> {
    const { records, bytes, millisBehindLatest, children } = batch;
    this.#lastEventAt = time;
    const continuation = this.#iterator === undefined ? undefined : this.#continuation;
    return { type: 'event', event: { records, bytes, continuation, millisBehindLatest, children } };
  }
}

/** The number of the record before a place, which reading after it begins at that place. */
function numberBefore(shard: Shard, index: number): string {
  const last = index - 1;
  if (last < 1) return shard.startingSequenceNumber;
  return formatSequenceNumber({
    openedSecond: shard.openedSecond,
    shardIndex: shard.index,
    index: BigInt(last),
    // When the record is gone its second is not known any more, and does not matter for finding the place.
    second: last < shard.log.first ? shard.openedSecond : Math.floor(shard.log.arrivalOf(last) / 1000),
  });
}
