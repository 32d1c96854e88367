import { Bell } from '../runtime/bell.ts';
import { sizeOf } from './batch-size.ts';
import type { ByteBudget } from './byte-budget.ts';
import type { ShardBatch, ShardSource } from './shard-source.ts';

/** What a shard's first answer is taken to weigh, before one has come. */
const firstGuessBytes = 65_536;

/**
 * Reads on while a batch is being handled, as far as the bytes all shards may hold together allow. A shard whose batches are
 * used up is always read: no other can starve it. What has been read ahead when the signal fires is dropped, and is read again
 * by whoever goes on.
 *
 * @example
 * ```ts
 * const source = readAhead(createPollingSource(reader, options), new ByteBudget(32 * 1024 * 1024));
 * ```
 */
export function readAhead(source: ShardSource, budget: ByteBudget): ShardSource {
  return {
    read: (shardId, from, signal) => ahead((inner) => source.read(shardId, from, inner), budget, signal),
  };
}

async function* ahead(
  open: (signal: AbortSignal) => AsyncIterable<ShardBatch>,
  budget: ByteBudget,
  signal: AbortSignal,
): AsyncGenerator<ShardBatch> {
  if (signal.aborted) return;
  const reading = new AbortController();
  const queue = new BatchQueue(budget, reading.signal);
  const onAbort = (): void => {
    reading.abort();
    queue.clear();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  // It never rejects, and is not waited for: a call under way may not heed its signal.
  void queue.fill(open(reading.signal));
  try {
    for (let batch = await queue.take(); batch !== undefined; batch = await queue.take()) yield batch;
  } finally {
    signal.removeEventListener('abort', onAbort);
    onAbort();
  }
}

interface Held {
  readonly batch: ShardBatch;
  readonly bytes: number;
}

class BatchQueue {
  readonly #budget: ByteBudget;
  readonly #signal: AbortSignal;
  readonly #batches: Held[] = [];
  #guess = firstGuessBytes;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  /** Somebody waits in `take`. */
  #wanted = false;
  /** For the taker: there is a batch, or there will be none. */
  readonly #filled = new Bell();
  /** For the filler: there may be room. */
  readonly #drained = new Bell();

  constructor(budget: ByteBudget, signal: AbortSignal) {
    this.#budget = budget;
    this.#signal = signal;
  }

  /** Never rejects: what went wrong is for the one who takes. */
  async fill(batches: AsyncIterable<ShardBatch>): Promise<void> {
    const iterator = batches[Symbol.asyncIterator]();
    const room = this.#budget.onRoom(() => this.#drained.ring());
    try {
      for (;;) {
        const reserved = await this.#room();
        if (this.#signal.aborted) {
          this.#budget.adjust(-reserved);
          break;
        }
        const step = await this.#next(iterator, reserved);
        if (step.done === true) break;
        this.#put(step.value, reserved);
      }
    } catch (error) {
      this.#failure = { error };
    } finally {
      this.#ended = true;
      room[Symbol.dispose]();
      this.#filled.ring();
      await iterator.return?.().catch(() => {});
    }
  }

  async #next(iterator: AsyncIterator<ShardBatch>, reserved: number): Promise<IteratorResult<ShardBatch>> {
    let step: IteratorResult<ShardBatch> | undefined;
    try {
      step = await iterator.next();
      return step;
    } finally {
      if (step?.done !== false) this.#budget.adjust(-reserved);
    }
  }

  async take(): Promise<ShardBatch | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      const held = this.#batches.shift();
      if (held !== undefined) {
        this.#budget.adjust(-held.bytes);
        return held.batch;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#ended) return undefined;
      this.#wanted = true;
      this.#drained.ring();
      await this.#filled.wait();
    }
  }

  /** Gives everything back; whoever waits sees the signal. */
  clear(): void {
    for (const { bytes } of this.#batches.splice(0)) this.#budget.adjust(-bytes);
    this.#drained.ring();
    this.#filled.ring();
  }

  #put(batch: ShardBatch, reserved: number): void {
    // A sign of life is told only to who has nothing else to hear.
    const empty = batch.records.length === 0 && batch.children === undefined;
    const bytes = sizeOf(batch);
    if (this.#signal.aborted || (empty && this.#batches.length > 0)) {
      this.#budget.adjust(-reserved);
      return;
    }
    if (!empty) this.#guess = Math.max(bytes, 1024);
    this.#budget.adjust(bytes - reserved);
    this.#batches.push({ batch, bytes });
    this.#wanted = false;
    this.#filled.ring();
  }

  /** Waits until there is reason and room to read; answers what was reserved for it. */
  async #room(): Promise<number> {
    for (;;) {
      if (this.#signal.aborted) return 0;
      if (this.#budget.reserve(this.#guess)) return this.#guess;
      if (this.#wanted && this.#batches.length === 0) return 0;
      await this.#drained.wait();
    }
  }
}
