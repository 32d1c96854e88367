import type { RawStreamRecord } from '../process/raw-record.ts';
import { compareSequenceNumbers, type SequenceNumber } from '../record/sequence-number.ts';
import { completedId, type CompletedRecords } from './completed-records.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import type { BatchResponse, KinesisEvent, LambdaContext } from './event.ts';
import { Told, type InvocationContext } from './invocation-context.ts';
import type { ResolvedOptions } from './options.ts';
import { createRecordCursor, type RecordCursor } from './record-cursor.ts';
import { createReport, type Report } from './report.ts';

/** What one worker has in work. */
export interface Hand {
  readonly holds: RawStreamRecord | undefined;
}

/**
 * One event on its way through a handler. All state is in here, so that invocations side by side in one process do not
 * meet. What is begun and not finished, or not begun, decides the answer: the lowest of its sequence numbers.
 */
export class Invocation<C extends LambdaContext = LambdaContext> {
  readonly cursor: RecordCursor;
  readonly deadline: Deadline;
  readonly report: Report;
  readonly #lambda: C | undefined;
  readonly #event: KinesisEvent;
  readonly #options: ResolvedOptions;
  readonly #completed: CompletedRecords | undefined;
  readonly #begun = new Set<RawStreamRecord>();
  #hands: readonly Hand[] = [];
  /** Of the event's records, by id, those another environment has handled. */
  #found: ReadonlySet<string> | undefined;
  /** Whether nobody waits for it any more. */
  over = false;

  /** `completed`: what this environment remembers; undefined when nothing is to be left out. */
  constructor(
    event: KinesisEvent,
    lambda: C | undefined,
    options: ResolvedOptions,
    completed?: CompletedRecords,
  ) {
    this.cursor = createRecordCursor(event);
    this.deadline = createDeadline(lambda, options.deadlineMarginMs, options.clock);
    this.report = createReport(options.logger, this.cursor, lambda?.awsRequestId);
    this.#lambda = lambda;
    this.#event = event;
    this.#options = options;
    this.#completed = completed;
  }

  /** What the handler is told, and `more`. */
  tell<M extends object>(more: M): InvocationContext<C> & M {
    const { stream, shardId } = this.cursor;
    return Object.assign(new Told(this.deadline), { stream, shardId, lambda: this.#lambda, ...more });
  }

  /** Runs `work` to its end, or to that of the time there is, and answers Lambda. Rejects as `work` does. */
  async run(work: () => Promise<unknown> | undefined): Promise<BatchResponse> {
    const { completed } = this.#options;
    let late = false;
    try {
      if (completed !== undefined) this.#found = await completed.find(this.#ids(0));
      const working = work();
      if (working !== undefined) await this.deadline.bound(working);
      late = this.deadline.passed();
    } finally {
      this.over = true;
      this.deadline.close();
    }
    for (const { holds } of this.#hands) if (holds !== undefined) this.begin(holds);
    const lowest = this.#lowest();
    if (lowest !== undefined) {
      if (late) this.report.error('Time is up', undefined, { from: lowest });
      await this.#remember(lowest);
    }
    return { batchItemFailures: lowest === undefined ? [] : [{ itemIdentifier: lowest }] };
  }

  /** Whether the record was handled in an earlier invocation. */
  isKnown(record: RawStreamRecord): boolean {
    if (this.#found === undefined && this.#completed?.empty !== false) return false;
    const id = completedId(record);
    return this.#completed?.take(id) === true || this.#found?.has(id) === true;
  }

  /** What the hands hold when the time is up is not handled. */
  watch(hands: readonly Hand[]): void {
    this.#hands = hands;
  }

  /** The record is held back, in work, or failed; unless it is finished, it will be reported. */
  begin(record: RawStreamRecord): void {
    this.#begun.add(record);
  }

  finish(record: RawStreamRecord): void {
    if (this.#begun.size > 0) this.#begun.delete(record);
    // Given up and done after all: it will come again, and need not be handled again.
    if (this.over) this.remember(record);
  }

  /** The record will come again, and need not be handled again. */
  remember(record: RawStreamRecord): void {
    this.#completed?.add(completedId(record));
  }

  #lowest(): SequenceNumber | undefined {
    let lowest: SequenceNumber | undefined;
    const look = (each: SequenceNumber): void => {
      if (lowest === undefined || compareSequenceNumbers(each, lowest) < 0) lowest = each;
    };
    for (const { sequenceNumber } of this.#begun) look(sequenceNumber);
    for (const sequenceNumber of this.cursor.rest()) look(sequenceNumber);
    return lowest;
  }

  /** Notes what is done and will come again all the same: all from `lowest` on but what is not finished. */
  async #remember(lowest: SequenceNumber): Promise<void> {
    const unfinished = new Set([...this.#begun].map(completedId));
    const from = this.#event.Records.findIndex(({ kinesis }) => kinesis.sequenceNumber === lowest);
    const ids = this.#ids(from, this.cursor).filter((id) => !unfinished.has(id));
    for (const id of ids) this.#completed?.add(id);
    if (ids.length === 0) return;
    await this.#options.completed?.add(ids).catch((error: unknown) => {
      this.report.error('Store failed', error);
    });
  }

  /** Of the records from an index on, as far as `until` has come. */
  #ids(from: number, until?: RecordCursor): readonly string[] {
    const walk = createRecordCursor(this.#event, from);
    const ids: string[] = [];
    for (let record = walk.next(); record !== undefined; record = walk.next()) {
      if (until !== undefined && walk.place() > until.place()) break;
      ids.push(completedId(record));
    }
    return ids;
  }
}
