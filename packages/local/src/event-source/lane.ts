import { Batcher, type BatchLimits } from './batcher.ts';
import type { MappingRecord } from './record.ts';
import { readResponse, type Verdict } from './response.ts';
import {
  nextStep,
  settle,
  startBatch,
  startFinal,
  type RetryRules,
  type RetryState,
  type RetryStep,
  type WorkItem,
} from './retry.ts';
import { openWindow, reopenWindow, settleWindow, stateBytes, type OpenWindow } from './tumbling-window.ts';

/** What a lane goes by. */
export interface LaneRules {
  readonly batch: BatchLimits;
  readonly retry: RetryRules;
  readonly reportBatchItemFailures: boolean;
  /** Length of tumbling windows; 0 for none. */
  readonly tumblingMs: number;
  /** Bytes that a window adds to an event, but for its state. */
  readonly windowBytes: number;
  /** How long after its end a window waits for a record to end it. */
  readonly windowIdleMs: number;
}

/** What came of an invocation. */
export type Outcome =
  | { readonly type: 'response'; readonly response: unknown }
  | { readonly type: 'error'; readonly functionError: string }
  | { readonly type: 'refused'; readonly reason: string };

/** The window an invocation is of. */
export interface WindowTurn {
  readonly window: OpenWindow;
  readonly final: boolean;
}

export type LaneStep =
  | (Extract<RetryStep<MappingRecord>, { type: 'invoke' | 'drop' }> & { readonly turn?: WindowTurn })
  | { readonly type: 'wait'; readonly until: number }
  | { readonly type: 'idle' };

/**
 * Records of some keys of a shard, in order: gathered into batches, invoked one at a time, retried until done or given
 * up; with tumbling windows cut at their ends, each ended by an invocation of its own. Pure: {@link step} says what to
 * do, {@link settle} takes how it went.
 */
export class Lane {
  readonly #rules: LaneRules;
  readonly #batcher: Batcher<MappingRecord>;
  #work: RetryState<MappingRecord> = [];
  #window: OpenWindow | undefined;
  /** What was left of the batch with which its window was full: of the next one. */
  #rest: RetryState<MappingRecord> = [];
  /** The work in hand is the window's last invocation. */
  #final = false;
  #ended = false;

  /** `window` is the one an earlier run had under way. */
  constructor(
    rules: LaneRules,
    bytesOf: (record: MappingRecord) => number,
    now: number,
    window?: OpenWindow,
  ) {
    this.#rules = rules;
    this.#window = window;
    this.#batcher = new Batcher(rules.batch, bytesOf, now);
  }

  /** The work in hand when it has failed before. */
  get retrying(): WorkItem<MappingRecord> | undefined {
    const [item] = this.#work;
    return item !== undefined && item.failures > 0 ? item : undefined;
  }

  /** The window under way. */
  get window(): OpenWindow | undefined {
    return this.#window;
  }

  push(record: MappingRecord, now: number): void {
    this.#batcher.push(record, now);
  }

  /** The shard has ended, and its windows with it. */
  end(): void {
    this.#ended = true;
    this.#batcher.flush();
  }

  step(now: number): LaneStep {
    if (this.#work.length === 0) {
      const until = this.#begin(now);
      if (until !== undefined) return until === Number.POSITIVE_INFINITY ? idle : { type: 'wait', until };
    }
    const turn = this.turn;
    const { state, step } = nextStep(this.#work, this.#rules.retry, now);
    this.#work = state;
    if (step.type === 'drop' && state.length === 0) this.#over(now);
    return turn === undefined || step.type === 'wait' || step.type === 'idle' ? step : { ...step, turn };
  }

  /** Takes how the invocation went; answers the verdict and the records that are done with. */
  settle(
    outcome: Outcome,
    now: number,
  ): { readonly verdict: Verdict; readonly finished: readonly MappingRecord[] } {
    const records = this.#work[0]?.records ?? [];
    let verdict = this.#judge(outcome, records);
    if (this.#window !== undefined && outcome.type === 'response') {
      const settled = settleWindow(this.#window, records, outcome.response, verdict);
      verdict = settled.verdict;
      this.#window = settled.window;
    }
    const { state, finished } = settle(this.#work, this.#rules.retry, verdict, now);
    this.#work = state;
    if (state.length === 0) this.#over(now);
    else if (this.#window?.overfull === true && !this.#final) {
      this.#rest = state;
      this.#end(this.#window);
    }
    return { verdict, finished };
  }

  /** The window that the work in hand is of. */
  get turn(): WindowTurn | undefined {
    return this.#window === undefined ? undefined : { window: this.#window, final: this.#final };
  }

  /** Begins the next work; undefined when there is some, else when to look again. */
  #begin(now: number): number | undefined {
    const head = this.#batcher.first;
    const endsAt = this.#windowEndsAt(head);
    if (this.#window !== undefined && now >= endsAt) {
      this.#end(this.#window);
      return undefined;
    }
    const readyAt = this.#batchReadyAt(head);
    if (head === undefined || now < readyAt) return Math.min(readyAt, endsAt);
    const { tumblingMs, windowBytes } = this.#rules;
    if (tumblingMs > 0) this.#window ??= openWindow(head, tumblingMs);
    const window = this.#window;
    const batch =
      window === undefined
        ? this.#batcher.take()
        : this.#batcher.take(
            (record) => record.arrivedAt < window.end,
            windowBytes + stateBytes(window.state),
          );
    this.#work = startBatch(batch);
    return undefined;
  }

  /** A record of the next window is behind the batch: there is nothing more to wait for. */
  #batchReadyAt(head: MappingRecord | undefined): number {
    const { tumblingMs } = this.#rules;
    const { last } = this.#batcher;
    if (tumblingMs > 0 && head !== undefined && last !== undefined) {
      if (last.arrivedAt >= (this.#window ?? openWindow(head, tumblingMs)).end) return 0;
    }
    return this.#batcher.readyAt ?? Number.POSITIVE_INFINITY;
  }

  /** When the window in hand ends: at once when full, over or followed by another, else some time after its end. */
  #windowEndsAt(head: MappingRecord | undefined): number {
    const window = this.#window;
    if (window === undefined) return Number.POSITIVE_INFINITY;
    if (window.overfull) return 0;
    if (head !== undefined) return head.arrivedAt >= window.end ? 0 : Number.POSITIVE_INFINITY;
    return this.#ended ? 0 : window.end + this.#rules.windowIdleMs;
  }

  /** Its last invocation is the next. */
  #end(window: OpenWindow): void {
    this.#final = true;
    this.#work = startFinal(window.last);
  }

  /** A batch is over, one way or the other. */
  #over(now: number): void {
    const before = this.#window;
    if (this.#final) this.#window = undefined;
    this.#final = false;
    this.#work = this.#rest;
    this.#rest = [];
    const [first] = this.#work[0]?.records ?? [];
    if (first === undefined) this.#batcher.open(now);
    // Of the same time: the batch was cut at that window's end, whatever the length of windows is by now.
    else if (before !== undefined) this.#window = reopenWindow(before, first);
  }

  #judge(outcome: Outcome, records: readonly MappingRecord[]): Verdict {
    if (outcome.type !== 'response') return outcome;
    if (!this.#rules.reportBatchItemFailures) return { type: 'done' };
    return readResponse(
      outcome.response,
      records.map(({ sequenceNumber }) => sequenceNumber),
    );
  }
}

const idle: LaneStep = { type: 'idle' };
