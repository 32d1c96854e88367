import type { Packed, Pending } from './pending.ts';

/** Makes one entry of as many of the waiting records, from the front, as may share one. Takes at least one. */
export type Pack = (
  lane: { readonly key: string; readonly shardId: string | undefined },
  waiting: readonly Pending[],
  from: number,
) => Packed;

/** Where a record waits: records of one lane go one after the other. */
export interface Berth {
  readonly lane: string;
  /** The shard its records should go to; undefined when that is not known. */
  readonly shardId?: string | undefined;
}

/** Records that wait to leave one after the other, in the order they were put. */
export class Lane {
  readonly key: string;
  readonly shardId: string | undefined;
  /** While its parcel is out and order matters, nothing else of the lane may leave. */
  busy = false;
  #waiting: Pending[] = [];
  #head = 0;
  #bytes = 0;

  constructor({ lane, shardId }: Berth) {
    this.key = lane;
    this.shardId = shardId;
  }

  get length(): number {
    return this.#waiting.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get oldest(): Pending | undefined {
    return this.#waiting[this.#head];
  }

  push(pending: Pending): void {
    this.#waiting.push(pending);
    this.#bytes += pending.bytes;
  }

  /** Puts records back in front, in their order. */
  restore(pendings: readonly Pending[]): void {
    this.#waiting = [...pendings, ...this.#waiting.slice(this.#head)];
    this.#head = 0;
    for (const pending of pendings) this.#bytes += pending.bytes;
  }

  take(pack: Pack): Packed {
    const packed = pack(this, this.#waiting, this.#head);
    for (const member of packed.members) this.#bytes -= member.bytes;
    this.#drop(packed.members.length);
    return packed;
  }

  /** Removes and returns everything. */
  empty(): readonly Pending[] {
    return this.expire(Number.POSITIVE_INFINITY);
  }

  /** Removes and returns the records whose deadline is past; the oldest are in front. */
  expire(now: number): readonly Pending[] {
    const expired: Pending[] = [];
    for (let oldest = this.oldest; oldest !== undefined && oldest.deadlineAt <= now; oldest = this.oldest) {
      expired.push(oldest);
      this.#bytes -= oldest.bytes;
      this.#drop(1);
    }
    return expired;
  }

  #drop(count: number): void {
    this.#head += count;
    // Shift rarely, so that taking from the front costs nothing on average.
    if (this.#head === this.#waiting.length) {
      this.#waiting = [];
      this.#head = 0;
    } else if (this.#head > 1024 && this.#head * 2 > this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }
}
