import { setTimeout } from 'node:timers/promises';

/** A record to put; every hundredth knows when it was due, to tell how long it waited. */
export interface Input {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  readonly dueAt?: number;
}

/** What one round of a contestant should put. */
export interface Round {
  readonly records: number;
  readonly bytes: number;
  /** Records come at this rate; without one, as fast as they are taken. */
  readonly perSecond?: number;
}

const keys = Array.from({ length: 200 }, (_, n) => `customer-${n}`);

/** Records as an application has them: all at once, or one after the other in time. */
export class Load {
  readonly #round: Round;
  /** Made beforehand: what a record costs its maker is no producer's business. */
  readonly #contents: readonly Uint8Array[];
  readonly #startedAt = performance.now();
  readonly waits: number[] = [];
  #taken = 0;

  constructor(round: Round) {
    this.#round = round;
    this.#contents = Array.from({ length: 512 }, (_, n) => new Uint8Array(round.bytes).fill(n));
  }

  /** Whether records come in time, not all at once. */
  get paced(): boolean {
    return this.#round.perSecond !== undefined;
  }

  get done(): boolean {
    return this.#taken >= this.#round.records;
  }

  /** Those that are due, at most so many. */
  take(most: number): readonly Input[] {
    const { records, perSecond } = this.#round;
    const now = performance.now();
    const due = perSecond === undefined ? records : Math.floor(((now - this.#startedAt) / 1000) * perSecond);
    const end = Math.min(records, due, this.#taken + most);
    const taken: Input[] = [];
    for (; this.#taken < end; this.#taken++) taken.push(this.#record(this.#taken, now));
    return taken;
  }

  wait(): Promise<void> {
    return setTimeout(1);
  }

  stored({ dueAt }: Input): void {
    if (dueAt !== undefined) this.waits.push(performance.now() - dueAt);
  }

  #record(n: number, now: number): Input {
    const { perSecond } = this.#round;
    const partitionKey = keys[(n * 7919) % keys.length] ?? '';
    const data = this.#contents[n % this.#contents.length] ?? new Uint8Array();
    if (n % 100 !== 0) return { partitionKey, data };
    const dueAt = perSecond === undefined ? now : this.#startedAt + (n / perSecond) * 1000;
    return { partitionKey, data, dueAt };
  }
}
