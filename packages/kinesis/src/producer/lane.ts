import type { Parcel, Pending } from './pending.ts';

/** Makes one parcel of as many of the waiting records, from the front, as may share one. Takes at least one. */
export type Pack = (waiting: readonly Pending[], from: number) => Parcel;

/** The records of one partition key, in the order they were put. */
export class Lane {
  readonly key: string;
  /** While its parcel is out and order matters, nothing else of the lane may leave. */
  busy = false;
  #waiting: Pending[] = [];
  #head = 0;
  #bytes = 0;

  constructor(key: string) {
    this.key = key;
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

  take(pack: Pack): Parcel {
    const parcel = pack(this.#waiting, this.#head);
    for (const member of parcel.members) this.#bytes -= member.bytes;
    this.#drop(parcel.members.length);
    return parcel;
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
