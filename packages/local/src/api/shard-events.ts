import type { Clock } from '@millrace/kinesis/runtime';

import { isServiceError, type ServiceError } from '../engine/service-error.ts';
import type { Subscription } from '../engine/subscription.ts';
import type { RecordOutput } from './record-output.ts';
import type { ChildShardOutput } from './shard-output.ts';

export interface SubscribeToShardEvent<T = RecordOutput> {
  readonly Records: readonly T[];
  /** Absent at the end of a closed shard. */
  readonly ContinuationSequenceNumber?: string;
  readonly MillisBehindLatest: number;
  /** At the end of a closed shard. */
  readonly ChildShards?: readonly ChildShardOutput[];
}

export type ShardEvent<E = SubscribeToShardEvent> =
  | { readonly type: 'event'; readonly event: E }
  /** The last one: why it ends before its time. */
  | { readonly type: 'error'; readonly error: ServiceError };

/** What a subscription does next, with its event as its reader wants it. */
export type ShardStep<E> =
  | { readonly type: 'event'; readonly event: E }
  | { readonly type: 'wait'; readonly delayMs: number }
  | { readonly type: 'end'; readonly error: ServiceError | undefined };

/** Waits and reads for a subscription, one event whenever its reader asks. Timers and listeners exist only meanwhile. */
export class ShardEvents<E = SubscribeToShardEvent> implements AsyncIterator<ShardEvent<E>, undefined> {
  readonly #subscription: Subscription;
  readonly #clock: Clock;
  readonly #read: (time: number) => ShardStep<E>;
  #done = false;
  #wake: (() => void) | undefined;

  /** `read` takes the next step, at that time (monotonic milliseconds). */
  constructor(subscription: Subscription, clock: Clock, read: (time: number) => ShardStep<E>) {
    this.#subscription = subscription;
    this.#clock = clock;
    this.#read = read;
  }

  async next(): Promise<IteratorResult<ShardEvent<E>, undefined>> {
    while (!this.#done) {
      const step = this.#step();
      if (step.type === 'wait') {
        await this.#wait(step.delayMs);
        continue;
      }
      if (step.type === 'event') return { done: false, value: step };
      this.#done = true;
      if (step.error !== undefined) return { done: false, value: { type: 'error', error: step.error } };
    }
    return { done: true, value: undefined };
  }

  /** Its reader has gone: settles a call of `next` that waits. */
  async return(): Promise<IteratorResult<ShardEvent<E>, undefined>> {
    this.#done = true;
    this.#subscription.end();
    this.#wake?.();
    return { done: true, value: undefined };
  }

  /** A record that cannot be read, as one whose key is disabled, ends the subscription. */
  #step(): ShardStep<E> {
    try {
      return this.#read(this.#clock.monotonic());
    } catch (error) {
      if (!isServiceError(error)) throw error;
      this.#subscription.end();
      return { type: 'end', error };
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        change[Symbol.dispose]();
        timer[Symbol.dispose]();
        this.#wake = undefined;
        resolve();
      };
      const change = this.#subscription.wait(wake);
      const timer = this.#clock.timer(delayMs, wake);
      this.#wake = wake;
    });
  }
}
