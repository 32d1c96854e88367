import type { RecordWriter, WriteOutcome } from '@millrace/kinesis/producer';
import type { Clock } from '@millrace/kinesis/runtime';

import { reasonOf } from '../errors/report-error.ts';
import type { Notes } from '../io/notes.ts';

export interface OutageOptions {
  readonly stream: string;
  /** How long a record is tried, milliseconds. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly notes: Notes;
  /** Whether a line may be told every second, since each replaces the one before. */
  readonly isTTY: boolean;
}

/** Said at once only on a terminal: a log wants no line a second. */
const logEverySeconds = 10;

/** A time in which records are put and none is stored: since when, why, and telling the person who waits. */
export class Outage {
  readonly #options: OutageOptions;
  #since: number | undefined;
  #why = '';
  #told = false;

  constructor(options: OutageOptions) {
    this.#options = options;
  }

  /** `writer`, watched. */
  watch(writer: RecordWriter): RecordWriter {
    return {
      write: async (stream, entries, options) => {
        const startedAt = this.#options.clock.monotonic();
        try {
          const outcomes = await writer.write(stream, entries, options);
          this.#answered(outcomes, startedAt);
          return outcomes;
        } catch (error) {
          const { code, message } = reasonOf(error);
          this.#begin(startedAt, `${code}: ${message}`);
          throw error;
        }
      },
    };
  }

  /** Milliseconds for which nothing has been stored; 0 while records are. */
  get lasts(): number {
    return this.#since === undefined ? 0 : this.#options.clock.monotonic() - this.#since;
  }

  /** Says where it is; to be called every second. */
  tell(waiting: number): void {
    const { stream, deadlineMs, notes, isTTY } = this.#options;
    const seconds = Math.floor(this.lasts / 1000);
    if (seconds < 1) return;
    if (!this.#told) {
      this.#told = true;
      const patience = `each record is tried again for ${Math.round(deadlineMs / 1000)} s`;
      notes.warn(`nothing can be put into ${stream}: ${this.#why}; ${patience}`);
    } else if (isTTY || seconds % logEverySeconds === 0) {
      notes.progress(
        `trying again for ${seconds} s: ${waiting.toLocaleString('en-US')} under way, the last call failed with ${this.#why}`,
      );
    }
  }

  #answered(outcomes: readonly WriteOutcome[], startedAt: number): void {
    const refused = outcomes.find((outcome) => !outcome.ok);
    if (outcomes.some(({ ok }) => ok)) this.#end();
    else if (refused?.ok === false) this.#begin(startedAt, `${refused.code}: ${refused.message}`);
  }

  #begin(at: number, why: string): void {
    this.#since ??= at;
    this.#why = why;
  }

  #end(): void {
    if (this.#told) {
      const seconds = Math.round(this.lasts / 1000);
      this.#options.notes.info(`${this.#options.stream} takes records again, after ${seconds} s`);
    }
    this.#since = undefined;
    this.#told = false;
  }
}
