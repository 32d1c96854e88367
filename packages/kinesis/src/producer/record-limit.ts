import { isMillraceError } from '../errors.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { oneAtATime } from '../runtime/one-at-a-time.ts';

/** The port a producer learns a stream's largest record through: DescribeStreamSummary. */
export interface StreamDescriber {
  describeStream(
    stream: string,
    options?: { readonly signal?: AbortSignal },
  ): Promise<{ readonly maxRecordBytes?: number }>;
}

export interface RecordLimitOptions {
  readonly stream: string;
  /** The option's; then nothing is asked. */
  readonly given: number | undefined;
  readonly describer: Partial<StreamDescriber> | undefined;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const MiB = 1_048_576;
/** What every stream takes, and what a stream can be raised to. */
const least = MiB;
const most = 10 * MiB;
/** As old as the shard map may be. */
const maxAgeMs = 60_000;
const retryMs = 1000;

/**
 * The largest record a stream takes, as it is configured. Nobody need be asked about a record that every stream takes, so the
 * stream is described when the first larger one comes, and again when a minute has passed and another comes.
 *
 * Who may not describe it has the limit of every stream; while the service cannot be asked, it is left to the service.
 */
export class RecordLimit {
  readonly #options: RecordLimitOptions;
  readonly #stop = new AbortController();
  #bytes: number;
  #freshUntil = Number.NEGATIVE_INFINITY;
  /** Asks; one question at a time. Never rejects. */
  readonly learn: () => Promise<void> = oneAtATime(() => this.#ask());

  constructor(options: RecordLimitOptions) {
    this.#options = options;
    this.#bytes = options.given ?? least;
  }

  /** As it is known now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether the stream should be asked before a record of so many bytes is judged. */
  mustLearn(bytes: number): boolean {
    const { given, describer, clock } = this.#options;
    if (bytes <= least || bytes > most || given !== undefined) return false;
    return describer?.describeStream !== undefined && clock.monotonic() >= this.#freshUntil;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #ask(): Promise<void> {
    const { stream, describer, clock, timeoutMs } = this.#options;
    const late = new AbortController();
    const timer = clock.timer(timeoutMs, () => late.abort());
    try {
      const signal = AbortSignal.any([late.signal, this.#stop.signal]);
      const { maxRecordBytes = least } = (await describer?.describeStream?.(stream, { signal })) ?? {};
      this.#bytes = maxRecordBytes;
      this.#freshUntil = clock.monotonic() + maxAgeMs;
      publish('producer:record-limit', () => ({ stream, maxRecordBytes }));
    } catch (error) {
      const mayNot = isMillraceError(error) && !error.retryable && !late.signal.aborted;
      this.#bytes = mayNot ? least : most;
      this.#freshUntil = clock.monotonic() + (mayNot ? maxAgeMs : retryMs);
      publish('producer:record-limit-failed', () => ({ stream, error }));
    } finally {
      timer[Symbol.dispose]();
    }
  }
}
