import { isMillraceError, MillraceError } from '../errors.ts';
import { noMeter } from '../runtime/meter.ts';
import type { HotKeys } from './hot-keys.ts';
import { Limiter } from './limiter.ts';
import type { ResolvedProducerOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { packAggregates, packOne } from './pack.ts';
import type { Parcel, Pending } from './pending.ts';
import type { RecordWriter, WriteOutcome } from './record-writer.ts';
import { Routing } from './routing.ts';
import { Settlement } from './settlement.ts';
import { ShardFollower, type ShardLister } from './shard-follower.ts';
import { judgeCall } from './verdict.ts';

/** Performs what the {@link Outbox} decides: sends requests, at most so many at once, and brings the answers home. */
export class Dispatch {
  readonly #stream: string;
  readonly #writer: RecordWriter;
  readonly #options: ResolvedProducerOptions;
  readonly #outstandingBytes: () => number;
  readonly #limiter = new Limiter();
  readonly #routing: Routing;
  readonly #follower: ShardFollower | undefined;
  readonly #outbox: Outbox;
  readonly #settlement: Settlement;
  readonly #inFlight = new Set<AbortController>();
  #flushing: 'no' | 'once' | 'always' = 'no';
  #pumpSoon = false;
  readonly #needy: (() => void)[] = [];
  #timer: Disposable | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(
    stream: string,
    ports: { readonly writer: RecordWriter; readonly reader?: ShardLister },
    options: ResolvedProducerOptions,
    outstandingBytes: () => number,
  ) {
    this.#outstandingBytes = outstandingBytes;
    this.#stream = stream;
    this.#writer = ports.writer;
    this.#options = options;
    this.#routing = new Routing(options);
    this.#follower =
      ports.reader === undefined
        ? undefined
        : new ShardFollower({
            stream,
            lister: ports.reader,
            clock: options.clock,
            onChange: (map) => {
              this.#outbox.relay(this.#routing.berthing(map));
              this.#pump();
            },
          });
    this.#outbox = new Outbox({
      inOrder: options.ordering !== 'none',
      entryPerRecord: options.ordering === 'none' && options.aggregation === 'none',
      lingerMs: options.lingerMs,
      maxRequestBytes: options.maxRequestBytes,
      pack: options.aggregation === 'none' ? packOne : packAggregates(options),
      berthing: this.#routing.berthing(undefined),
      patience: (shardId, now) => this.#limiter.patience(shardId, now),
    });
    this.#settlement = new Settlement({
      stream,
      options,
      outbox: this.#outbox,
      limiter: this.#limiter,
      routing: this.#routing,
      follower: this.#follower,
    });
  }

  /** Looks for work after the current turn, so that records put together travel together even without lingering. */
  accept(pending: Pending): void {
    if (this.#routing.needsMap) void this.#follower?.map;
    this.#outbox.accept(pending);
    if (this.#pumpSoon || this.#watched(pending)) return;
    this.#pumpSoon = true;
    queueMicrotask(() => {
      this.#pumpSoon = false;
      this.#pump();
    });
  }

  /** What to wait for before more records are of any use; undefined when they are now. */
  need(): Promise<void> | undefined {
    if (!this.#sated) return undefined;
    return new Promise((resolve) => this.#needy.push(resolve));
  }

  get hotKeys(): HotKeys {
    return this.#settlement.hotKeys;
  }

  flush(): void {
    if (this.#flushing === 'no') this.#flushing = 'once';
    this.#pump();
  }

  /** From now on nothing lingers. */
  keepFlushing(): void {
    this.#flushing = 'always';
    this.#pump();
  }

  /** Rejects everything not yet settled; calls in flight are cut off. */
  abandon(error: MillraceError): void {
    this.#settlement.abandon(error);
    for (const pending of this.#outbox.clear()) pending.failed(error);
    for (const call of this.#inFlight) call.abort(error);
  }

  stop(): void {
    this.#stopTimer();
    this.#follower?.stop();
  }

  #pump(): void {
    const now = this.#options.clock.monotonic();
    while (this.#inFlight.size < this.#options.maxInFlight) {
      const request = this.#outbox.next(now, this.#flushing !== 'no');
      if (request === undefined) break;
      void this.#send(request);
    }
    if (!this.#outbox.waiting && this.#flushing === 'once') this.#flushing = 'no';
    this.#setTimer(now);
    if (!this.#sated) for (const resolve of this.#needy.splice(0)) resolve();
  }

  /** Whether every call that may be in flight is, and what waits fills one more. */
  get #sated(): boolean {
    return this.#inFlight.size >= this.#options.maxInFlight && this.#outbox.full;
  }

  /** Never rejects: whatever happens to the call becomes the fate of its records. */
  async #send(request: readonly Parcel[]): Promise<void> {
    const call = new AbortController();
    this.#inFlight.add(call);
    const { clock, requestTimeoutMs } = this.#options;
    const timeout = clock.timer(requestTimeoutMs, () =>
      call.abort(new Error(`no answer within ${requestTimeoutMs} ms`)),
    );
    for (const { shardId, bytes } of request) this.#limiter.sent(shardId, bytes);
    const sentAt = clock.monotonic();
    const answer = await this.#write(request, call.signal);
    if (this.#options.meter !== noMeter) this.#measure(request, sentAt);
    timeout[Symbol.dispose]();
    this.#inFlight.delete(call);
    if (isMillraceError(answer)) {
      this.#settlement.failed(request, answer);
    } else {
      const strangers = this.#settlement.answered(request, answer);
      // A throttle is the moment to learn which record goes to which shard.
      if (answer.some((outcome) => !outcome.ok)) void this.#follower?.map;
      if (strangers !== undefined) {
        this.#pump();
        await strangers;
      }
    }
    this.#pump();
  }

  #measure(request: readonly Parcel[], sentAt: number): void {
    const { clock, meter } = this.#options;
    const labels = { stream: this.#stream };
    meter.record('millrace.producer.request_ms', clock.monotonic() - sentAt, labels);
    meter.record('millrace.producer.entries_per_request', request.length, labels);
    meter.record('millrace.producer.outstanding_bytes', this.#outstandingBytes(), labels);
    for (const { attempts, members } of request) {
      const oldest = members[0]?.acceptedAt;
      if (attempts > 0 || oldest === undefined) continue;
      meter.record('millrace.producer.buffering_ms', sentAt - oldest, labels);
    }
  }

  async #write(
    request: readonly Parcel[],
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[] | MillraceError> {
    try {
      const entries = request.map(({ record }) => record);
      const outcomes = await Promise.race([
        this.#writer.write(this.#stream, entries, { signal }),
        rejectOnAbort(this.#stream, signal),
      ]);
      if (outcomes.length === request.length) return outcomes;
      throw new Error(`${outcomes.length} outcomes for ${request.length} entries`);
    } catch (cause) {
      return judgeCall(this.#stream, signal.aborted ? cutOff(this.#stream, signal) : cause);
    }
  }

  /** One timer serves both: the next request that will be due, and a look for records past their deadline. */
  #setTimer(now: number): void {
    if (!this.#outbox.waiting) {
      this.#stopTimer();
      return;
    }
    const sweep = now + Math.min(1000, Math.max(10, this.#options.deadlineMs / 20));
    const free = this.#inFlight.size < this.#options.maxInFlight;
    const at = Math.min(sweep, free ? (this.#outbox.wakeAt() ?? sweep) : sweep);
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.#stopTimer();
    this.#timerAt = at;
    this.#timer = this.#options.clock.timer(Math.max(0, at - now), () => {
      this.#timer = undefined;
      this.#settlement.expired(this.#options.clock.monotonic());
      this.#pump();
    });
  }

  /** Whether something will look for work in time: an answer that is awaited, or the timer. */
  #watched({ acceptedAt }: Pending): boolean {
    if (this.#timer === undefined || this.#flushing !== 'no') return false;
    if (this.#inFlight.size >= this.#options.maxInFlight) return true;
    return this.#timerAt <= acceptedAt + this.#options.lingerMs && !this.#outbox.full;
  }

  #stopTimer(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
  }
}

/** A writer may not heed its signal; the producer must not hang because of that. */
function rejectOnAbort(stream: string, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(cutOff(stream, signal)), { once: true });
  });
}

function cutOff(stream: string, signal: AbortSignal): MillraceError {
  return new MillraceError(
    'ENDPOINT_UNREACHABLE',
    `A PutRecords call to ${stream} was cut off: ${String(signal.reason)}.`,
    {
      advice: 'The service may have stored its records all the same, so a retry can store them twice.',
      retryable: true,
      stream,
      cause: signal.reason,
    },
  );
}
