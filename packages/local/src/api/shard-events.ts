import type { Clock } from '@millrace/kinesis/runtime';

import { isServiceError, type ServiceError } from '../engine/service-error.ts';
import type { Subscription, SubscriptionEvent, SubscriptionStep } from '../engine/subscription.ts';
import type { RecordOutput, ToRecordOutput } from './record-output.ts';
import { describeChild, type ChildShardOutput } from './shard-output.ts';

export interface SubscribeToShardEvent {
  readonly Records: readonly RecordOutput[];
  /** Absent at the end of a closed shard. */
  readonly ContinuationSequenceNumber?: string;
  readonly MillisBehindLatest: number;
  /** At the end of a closed shard. */
  readonly ChildShards?: readonly ChildShardOutput[];
}

export type ShardEvent =
  | { readonly type: 'event'; readonly event: SubscribeToShardEvent }
  /** The last one: why it ends before its time. */
  | { readonly type: 'error'; readonly error: ServiceError };

/** Waits and reads for a subscription, one event whenever its reader asks. Timers and listeners exist only meanwhile. */
export class ShardEvents implements AsyncIterator<ShardEvent, undefined> {
  readonly #subscription: Subscription;
  readonly #clock: Clock;
  readonly #toRecord: () => ToRecordOutput;
  readonly #count: (event: SubscriptionEvent<RecordOutput>) => void;
  #done = false;
  #wake: (() => void) | undefined;

  /** `toRecord` is asked before each event: a stream's encryption may change meanwhile. `count` hears of each. */
  constructor(
    subscription: Subscription,
    clock: Clock,
    toRecord: () => ToRecordOutput,
    count: (event: SubscriptionEvent<RecordOutput>) => void,
  ) {
    this.#subscription = subscription;
    this.#clock = clock;
    this.#toRecord = toRecord;
    this.#count = count;
  }

  async next(): Promise<IteratorResult<ShardEvent, undefined>> {
    while (!this.#done) {
      const step = this.#step();
      if (step.type === 'wait') {
        await this.#wait(step.delayMs);
        continue;
      }
      if (step.type === 'event') {
        this.#count(step.event);
        const { records, continuation, millisBehindLatest, children } = step.event;
        const event = {
          Records: records,
          ...(continuation === undefined ? {} : { ContinuationSequenceNumber: continuation }),
          MillisBehindLatest: millisBehindLatest,
          ...(children === undefined ? {} : { ChildShards: children.map(describeChild) }),
        };
        return { done: false, value: { type: 'event', event } };
      }
      this.#done = true;
      if (step.error !== undefined) return { done: false, value: { type: 'error', error: step.error } };
    }
    return { done: true, value: undefined };
  }

  /** Its reader has gone: settles a call of `next` that waits. */
  async return(): Promise<IteratorResult<ShardEvent, undefined>> {
    this.#done = true;
    this.#subscription.end();
    this.#wake?.();
    return { done: true, value: undefined };
  }

  /** A record that cannot be read, as one whose key is disabled, ends the subscription. */
  #step(): SubscriptionStep<RecordOutput> {
    try {
      return this.#subscription.step(this.#clock.monotonic(), this.#toRecord());
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
