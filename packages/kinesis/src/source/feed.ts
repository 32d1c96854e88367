import type { FanOutEvent } from './fan-out.ts';

/** What a subscription did next. */
export type FeedStep =
  | { readonly type: 'event'; readonly event: FanOutEvent }
  /** After its five minutes, when another took over, or when the connection broke. */
  | { readonly type: 'ended'; readonly error: unknown };

/**
 * One subscription under way. Nothing is asked of it but by `next`, so a slow reader holds the service back; a step that is
 * waited for twice is the same step, so that waiting may be given up and begun again.
 */
export class Feed {
  /** Monotonic milliseconds when the service accepted it. */
  readonly openedAt: number;
  readonly #events: AsyncIterator<FanOutEvent>;
  readonly #abort: AbortController;
  #pending: Promise<FeedStep> | undefined;

  constructor(events: AsyncIterable<FanOutEvent>, abort: AbortController, openedAt: number) {
    this.#events = events[Symbol.asyncIterator]();
    this.#abort = abort;
    this.openedAt = openedAt;
  }

  /** Never rejects. Each step is answered until it is {@link Feed.taken}. */
  next(): Promise<FeedStep> {
    this.#pending ??= this.#step();
    return this.#pending;
  }

  /** The step last answered has been dealt with. */
  taken(): void {
    this.#pending = undefined;
  }

  close(): void {
    this.#abort.abort();
    // It may wait for an event that never comes; the abort is what ends it.
    void this.#events.return?.().catch(() => {});
  }

  async #step(): Promise<FeedStep> {
    try {
      const { done, value } = await this.#events.next();
      return done === true ? { type: 'ended', error: undefined } : { type: 'event', event: value };
    } catch (error) {
      return { type: 'ended', error };
    }
  }
}
