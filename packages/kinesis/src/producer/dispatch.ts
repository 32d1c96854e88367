import { MillraceError } from '../errors.ts';
import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { ResolvedProducerOptions } from './options.ts';
import { Outbox } from './outbox.ts';
import { packAggregates, packOne } from './pack.ts';
import type { Parcel, Pending } from './pending.ts';
import type { RecordWriter, WriteOutcome } from './record-writer.ts';
import { deadlineError, judgeCall, judgeEntry, type Verdict } from './verdict.ts';

const backoff: Backoff = { baseMs: 50, capMs: 5000 };

/** Performs what the {@link Outbox} decides: sends requests, at most so many at once, and hands each record its fate. */
export class Dispatch {
  readonly #stream: string;
  readonly #writer: RecordWriter;
  readonly #options: ResolvedProducerOptions;
  readonly #outbox: Outbox;
  readonly #inFlight = new Set<AbortController>();
  #flushing: 'no' | 'once' | 'always' = 'no';
  #abandoned: MillraceError | undefined;
  #pumpSoon = false;
  #timer: Disposable | undefined;
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(stream: string, writer: RecordWriter, options: ResolvedProducerOptions) {
    this.#stream = stream;
    this.#writer = writer;
    this.#options = options;
    const grouped = options.ordering === 'key' || options.aggregation === 'key';
    this.#outbox = new Outbox({
      lanes: grouped ? 'per-key' : 'one',
      inOrder: options.ordering === 'key',
      lingerMs: options.lingerMs,
      maxRequestBytes: options.maxRequestBytes,
      pack: options.aggregation === 'key' ? packAggregates(options.maxRecordBytes) : packOne,
    });
  }

  /** Looks for work after the current turn, so that records put together travel together even without lingering. */
  accept(pending: Pending): void {
    this.#outbox.accept(pending);
    if (this.#pumpSoon) return;
    this.#pumpSoon = true;
    queueMicrotask(() => {
      this.#pumpSoon = false;
      this.#pump();
    });
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
    this.#abandoned = error;
    for (const pending of this.#outbox.clear()) pending.failed(error);
    for (const call of this.#inFlight) call.abort(error);
  }

  stop(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
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
  }

  /** Never rejects: whatever happens to the call becomes the fate of its records. */
  async #send(request: readonly Parcel[]): Promise<void> {
    const call = new AbortController();
    this.#inFlight.add(call);
    const timeout = this.#options.clock.timer(this.#options.requestTimeoutMs, () =>
      call.abort(new Error(`no answer within ${this.#options.requestTimeoutMs} ms`)),
    );
    const answer = await this.#write(request, call.signal);
    timeout[Symbol.dispose]();
    this.#inFlight.delete(call);
    if (Array.isArray(answer)) this.#settle(request, answer);
    else this.#failed(request, answer);
    this.#pump();
  }

  async #write(request: readonly Parcel[], signal: AbortSignal): Promise<WriteOutcome[] | Verdict> {
    try {
      const entries = request.map(({ record }) => record);
      const outcomes = await Promise.race([
        this.#writer.write(this.#stream, entries, { signal }),
        rejectOnAbort(signal),
      ]);
      if (outcomes.length === request.length) return [...outcomes];
      throw new Error(`${outcomes.length} outcomes for ${request.length} entries`);
    } catch (cause) {
      return signal.aborted
        ? judgeCall(this.#stream, timeoutError(this.#stream, signal))
        : judgeCall(this.#stream, cause);
    }
  }

  #settle(request: readonly Parcel[], outcomes: readonly WriteOutcome[]): void {
    let refused = 0;
    const jitter = this.#options.clock.random();
    for (const [index, parcel] of request.entries()) {
      const outcome = outcomes[index];
      if (outcome?.ok === true) {
        this.#outbox.settle(parcel);
        const { shardId, sequenceNumber } = outcome;
        for (const [subSequenceNumber, member] of parcel.members.entries())
          member.stored({ shardId, sequenceNumber, subSequenceNumber, attempts: parcel.attempts + 1 });
      } else if (outcome !== undefined) {
        refused++;
        this.#apply(parcel, judgeEntry(this.#stream, outcome), jitter);
      }
    }
    publish('producer:request', () => ({ stream: this.#stream, entries: request.length, refused }));
  }

  #failed(request: readonly Parcel[], verdict: Verdict): void {
    publish('producer:request-failed', () => ({
      stream: this.#stream,
      entries: request.length,
      error: verdict.error,
    }));
    // One bad entry must not take 499 good ones with it: cut the request down until the bad one is alone.
    if (verdict.error.code === 'PUT_REJECTED' && request.length > 1) this.#outbox.halve(request);
    else {
      const jitter = this.#options.clock.random();
      for (const parcel of request) this.#apply(parcel, verdict, jitter);
    }
  }

  /** Entries refused together share their `jitter`, or the next call would be one per entry. */
  #apply(parcel: Parcel, verdict: Verdict, jitter: number): void {
    const tried: Parcel = { ...parcel, attempts: parcel.attempts + 1, error: verdict.error };
    if (this.#abandoned !== undefined || verdict.action === 'reject') {
      this.#outbox.settle(tried);
      for (const member of tried.members) member.failed(this.#abandoned ?? verdict.error);
      return;
    }
    const now = this.#options.clock.monotonic();
    const late = tried.members.filter(({ deadlineAt }) => deadlineAt <= now);
    if (late.length === 0) {
      this.#outbox.retry(tried, now + backoffDelay(backoff, tried.attempts, { random: () => jitter }));
      return;
    }
    this.#outbox.giveBack(
      tried,
      tried.members.filter(({ deadlineAt }) => deadlineAt > now),
    );
    for (const member of late) {
      member.failed(deadlineError(this.#stream, member.record.partitionKey, tried.attempts, verdict.error));
    }
  }

  #expire(now: number): void {
    for (const { pending, attempts, error } of this.#outbox.expire(now)) {
      pending.failed(deadlineError(this.#stream, pending.record.partitionKey, attempts, error));
    }
  }

  /** One timer serves both: the next request that will be due, and a look for records past their deadline. */
  #setTimer(now: number): void {
    if (!this.#outbox.waiting) {
      this.stop();
      return;
    }
    const sweep = now + Math.min(1000, Math.max(10, this.#options.deadlineMs / 20));
    const free = this.#inFlight.size < this.#options.maxInFlight;
    const at = Math.min(sweep, free ? (this.#outbox.wakeAt() ?? sweep) : sweep);
    if (this.#timer !== undefined && this.#timerAt <= at) return;
    this.stop();
    this.#timerAt = at;
    this.#timer = this.#options.clock.timer(Math.max(0, at - now), () => {
      this.#timer = undefined;
      this.#expire(this.#options.clock.monotonic());
      this.#pump();
    });
  }
}

/** A writer may not heed its signal; the producer must not hang because of that. */
function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(timeoutError('', signal)), { once: true });
  });
}

function timeoutError(stream: string, signal: AbortSignal): MillraceError {
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
