/** What a call found, as far as the time of the next one depends on it. */
export interface Found {
  readonly records: number;
  /** Bytes of data and partition keys. */
  readonly bytes: number;
  readonly millisBehindLatest: number;
}

export interface PaceOptions {
  /** Time between two calls of a shard that has something to tell, milliseconds. */
  readonly intervalMs: number;
  /** The longest time between two calls of a shard that has nothing to tell, milliseconds. */
  readonly idleMs: number;
  /** Groups that poll the stream, this one included: a shard allows five calls a second to all of them together. */
  readonly readers: number;
}

const callMs = 200;
const firstIdleMs = 50;
/** A gap of so long or longer ends on a tick. */
const longGapMs = 1000;
const tickMs = 500;
const readBytesPerMs = 2_097_152 / 1000;
const largeAnswerBytes = 2_097_152;

/**
 * When to ask a shard next. Pure: time is passed in.
 *
 * - While records come: an interval after the last call, or sooner when the shard is behind, as fast as its share of the
 *   five calls a second allows.
 * - While nothing comes: half as long again each time, up to the idle bound; the first record brings the interval back. Long
 *   gaps end a little early, on a tick all shards have in common: calls made together cost a fifth of what they cost one by one.
 * - After an answer so large that the service then refuses calls (10 MiB, and nothing for the next five seconds): as soon as
 *   it was refused once, the answers after it are waited for.
 */
export class Pace {
  readonly #options: PaceOptions;
  readonly #shortestMs: number;
  #gapMs: number;
  #calledAt = Number.NEGATIVE_INFINITY;
  #dueAt = Number.NEGATIVE_INFINITY;
  /** Until when the service owes nothing for what was read. */
  #paidAt = Number.NEGATIVE_INFINITY;
  #charged = false;

  constructor(options: PaceOptions) {
    this.#options = options;
    // Alone, an interval below the share is taken at its word: not every server has limits.
    const share = options.readers * callMs;
    this.#shortestMs = options.readers > 1 ? share : Math.min(share, options.intervalMs);
    this.#gapMs = Math.max(this.#shortestMs, options.intervalMs);
  }

  called(now: number): void {
    // A timer may go off just before its time, which would cost a tick.
    this.#calledAt = Math.max(now, this.#dueAt);
  }

  found({ records, bytes, millisBehindLatest }: Found, now: number): void {
    const { intervalMs, idleMs } = this.#options;
    if (millisBehindLatest > 0) this.#gapMs = this.#shortestMs;
    else if (records > 0) this.#gapMs = Math.max(this.#shortestMs, intervalMs);
    else
      this.#gapMs = Math.max(
        this.#gapMs,
        Math.min(idleMs, Math.max(this.#gapMs * 1.5, intervalMs, firstIdleMs)),
      );
    this.#paidAt = Math.max(this.#paidAt, now) + (bytes > largeAnswerBytes ? bytes / readBytesPerMs : 0);
  }

  /** Refused for its rate. Answers how long what was read before explains it; 0 when it does not. */
  refused(now: number): number {
    const owedMs = Math.max(0, this.#paidAt - now);
    if (owedMs > 0) this.#charged = true;
    return owedMs;
  }

  /** Milliseconds until the next call. */
  wait(now: number): number {
    const due = this.#calledAt + this.#gapMs;
    this.#dueAt = this.#gapMs < longGapMs ? due : this.#onTick(due);
    return Math.max(0, (this.#charged ? Math.max(this.#dueAt, this.#paidAt) : this.#dueAt) - now);
  }

  #onTick(due: number): number {
    return Math.max(Math.floor(due / tickMs) * tickMs, this.#calledAt + this.#shortestMs);
  }
}
