import { isMillraceError } from '../errors.ts';
import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import { compareSequenceNumbers, type SequenceNumber } from '../record/sequence-number.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { FanOut, FanOutEvent } from './fan-out.ts';
import { silent, unanswered } from './fan-out-error.ts';
import { Feed } from './feed.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';
import { timeOrNow } from './time-or-now.ts';
import { pause, within } from './waiting.ts';

export interface FanOutOptions {
  readonly stream: string;
  /** The ARN to subscribe with, of a consumer that is ACTIVE; `forget` when the service does not know it any more. */
  readonly consumer: { arn(signal: AbortSignal): Promise<string>; forget(): void };
  /** Subscriptions of one shard that may fail in a row before it is given up. Default: no limit. */
  readonly patience?: number;
  readonly clock: Clock;
}

/** The service refuses a subscription within five seconds of the last it accepted for the consumer and shard. */
const resubscribeMs = 5000;
/** Subscriptions last five minutes; the next is opened before. */
const renewAfterMs = 285_000;
/** A subscription tells something every five seconds, records or none. */
const silenceMs = 30_000;
const inUseMs = 1500;
const openTimeoutMs = 10_000;
const backoff: Backoff = { baseMs: 1000, capMs: 30_000 };

/**
 * Reads shards by enhanced fan-out: one subscription a shard, held for as long as it is read.
 *
 * - The next subscription is opened at 4:45, behind the last event received; when it stands the older one, which the service
 *   ends then, is dropped. What both brought is told by its sequence number and comes once.
 * - While nobody asks for the next batch nothing is asked of the subscription either. Should it end meanwhile, a new one goes
 *   on behind the last event handed over.
 * - One that is silent for 30 seconds is given up and opened anew; the five seconds the service wants between two are kept.
 *
 * Throws what the service will answer again (an unknown shard, a position past retention, no permission), and what failed
 * `patience` times in a row.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html}
 * @example
 * ```ts
 * const consumer = new ConsumerRegistration(connection, { stream: 'orders', name: 'billing', clock });
 * const source = createFanOutSource(connection.fanOut, { stream: 'orders', consumer, clock });
 * ```
 */
export function createFanOutSource(fanOut: Pick<FanOut, 'subscribe'>, options: FanOutOptions): ShardSource {
  return {
    read: (shardId, from, signal) => new ShardFeed(fanOut, options, shardId, from, signal).batches(),
  };
}

class ShardFeed {
  readonly #fanOut: Pick<FanOut, 'subscribe'>;
  readonly #options: FanOutOptions;
  readonly #shardId: string;
  readonly #signal: AbortSignal;
  #position: Position;
  /** Everything up to here has been handed over. */
  #reached: SequenceNumber | undefined;
  #current: Feed | undefined;
  #renewal: Promise<void> | undefined;
  #renewAt = Number.POSITIVE_INFINITY;
  #openableAt = Number.NEGATIVE_INFINITY;
  #failures = 0;

  constructor(
    fanOut: Pick<FanOut, 'subscribe'>,
    options: FanOutOptions,
    shardId: string,
    from: Position,
    signal: AbortSignal,
  ) {
    this.#fanOut = fanOut;
    this.#options = options;
    this.#shardId = shardId;
    this.#signal = signal;
    // "Now" must not move on while subscriptions come and go.
    this.#position = from.type === 'now' ? { type: 'time', at: options.clock.now() } : from;
  }

  async *batches(): AsyncGenerator<ShardBatch> {
    try {
      while (!this.#signal.aborted) {
        const event = await this.#next();
        if (event === undefined) continue;
        const { millisBehindLatest, childShards: children } = event;
        const records = this.#unseen(event.records);
        this.#advance(event);
        yield { records, millisBehindLatest, ...(children && { children }), retrieval: 'fan-out' };
        if (children !== undefined) return;
      }
    } finally {
      this.#current?.close();
    }
  }

  /** The next event of whichever subscription is current; undefined when there is a new one, or none, to look at. */
  async #next(): Promise<FanOutEvent | undefined> {
    const feed = this.#current ?? (await this.#open());
    if (feed === undefined) return undefined;
    const { clock } = this.#options;
    const renewInMs =
      this.#renewal === undefined ? this.#renewAt - clock.monotonic() : Number.POSITIVE_INFINITY;
    // A successor must not wait for the end of the one it replaces.
    const next = this.#renewal === undefined ? feed.next() : Promise.race([feed.next(), this.#renewal]);
    const step = await within(clock, Math.min(silenceMs, renewInMs), next, this.#signal);
    if (step.type === 'aborted') return undefined;
    if (step.type === 'late') {
      // By what was waited for: a timer may go off just before its time, and that is no silence.
      if (renewInMs <= silenceMs) this.#renew(feed);
      else if (feed === this.#current) this.#drop(feed, silent(this.#shardId));
      return undefined;
    }
    if (step.value === undefined) return undefined;
    feed.taken();
    if (step.value.type === 'event') {
      this.#failures = 0;
      return step.value.event;
    }
    // One that was replaced ends; its successor goes on.
    if (feed === this.#current) await this.#ended(feed, step.value.error);
    return undefined;
  }

  /** Opens the first subscription, or one in the place of one that ended. Undefined when it must be tried again, or the signal fired. */
  async #open(): Promise<Feed | undefined> {
    const { clock } = this.#options;
    const failedMs = this.#failures === 0 ? 0 : backoffDelay(backoff, this.#failures, clock);
    await pause(clock, Math.max(failedMs, this.#openableAt - clock.monotonic()), this.#signal);
    if (this.#signal.aborted) return undefined;
    try {
      this.#become(await this.#subscribe());
    } catch (error) {
      this.#failed(error);
    }
    return this.#current;
  }

  /** Opens the next one beside the current, which goes on meanwhile. */
  #renew(feed: Feed): void {
    this.#renewal = this.#succeed(feed).finally(() => {
      this.#renewal = undefined;
    });
  }

  /** Never rejects. */
  async #succeed(feed: Feed): Promise<void> {
    try {
      const next = await this.#subscribe();
      if (this.#signal.aborted) next.close();
      else this.#become(next);
      feed.close();
    } catch (error) {
      // The current one still has some time; another attempt comes after the pause the service wants.
      publish('source:fan-out-renewal-failed', () => ({ ...this.#place, error }));
      this.#renewAt = this.#options.clock.monotonic() + resubscribeMs;
    }
  }

  async #subscribe(): Promise<Feed> {
    const { clock, consumer } = this.#options;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort();
    this.#signal.addEventListener('abort', onAbort, { once: true });
    try {
      const arn = await consumer.arn(this.#signal);
      const accepted = timeOrNow(this.#position, (from) =>
        this.#fanOut.subscribe(arn, this.#shardId, from, { signal: abort.signal }),
      );
      const outcome = await within(clock, openTimeoutMs, accepted, this.#signal);
      if (outcome.type !== 'settled') {
        abort.abort();
        accepted.catch(() => {});
        throw unanswered(this.#shardId);
      }
      publish('source:subscribed', () => ({ ...this.#place, position: this.#position }));
      return new Feed(outcome.value, abort, clock.monotonic());
    } finally {
      this.#signal.removeEventListener('abort', onAbort);
    }
  }

  #become(feed: Feed): void {
    this.#current = feed;
    this.#openableAt = feed.openedAt + resubscribeMs;
    this.#renewAt = feed.openedAt + renewAfterMs;
  }

  async #ended(feed: Feed, error: unknown): Promise<void> {
    // A renewal under way has ended it, or will stand in a moment.
    if (this.#renewal !== undefined) await this.#renewal;
    if (feed !== this.#current) return;
    if (error === undefined) this.#current = undefined;
    else this.#drop(feed, error);
  }

  #drop(feed: Feed, error: unknown): void {
    feed.close();
    this.#current = undefined;
    this.#failed(error);
  }

  /** Counts a failure, or throws when another attempt is no use. */
  #failed(error: unknown): void {
    if (this.#signal.aborted) return;
    publish('source:retry', () => ({ ...this.#place, error }));
    // Another worker had the shard a moment ago, or the consumer is not ACTIVE yet.
    if (isMillraceError(error) && error.details.service === 'ResourceInUseException') {
      this.#openableAt = this.#options.clock.monotonic() + inUseMs;
    }
    const { patience = Number.POSITIVE_INFINITY, consumer } = this.#options;
    this.#failures++;
    // The consumer may have been deregistered by somebody: once it is worth another look.
    const unknown = isMillraceError(error, 'STREAM_NOT_FOUND');
    if (unknown) consumer.forget();
    const hopeful = unknown ? this.#failures === 1 : isMillraceError(error) && error.retryable;
    if (!hopeful || this.#failures >= patience) throw error;
  }

  #advance({ continuation }: FanOutEvent): void {
    if (continuation === undefined) return;
    this.#reached = continuation;
    this.#position = { type: 'after', sequenceNumber: continuation };
  }

  #unseen(records: readonly StoredRecord[]): readonly StoredRecord[] {
    const reached = this.#reached;
    const [first] = records;
    if (reached === undefined || first === undefined) return records;
    if (compareSequenceNumbers(first.sequenceNumber, reached) > 0) return records;
    return records.filter(({ sequenceNumber }) => compareSequenceNumbers(sequenceNumber, reached) > 0);
  }

  get #place(): { readonly stream: string; readonly shardId: string } {
    return { stream: this.#options.stream, shardId: this.#shardId };
  }
}
