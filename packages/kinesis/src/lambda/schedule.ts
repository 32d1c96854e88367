import type { RawStreamRecord } from '../process/raw-record.ts';
import type { Attempt } from './attempt.ts';
import type { Invocation } from './invocation.ts';

/** One record after the other. The first that is not done ends it. */
export async function inOrder(invocation: Invocation, attempt: Attempt): Promise<void> {
  const { cursor, deadline } = invocation;
  for (let record = cursor.next(); record !== undefined; record = cursor.next()) {
    if (invocation.isKnown(record)) continue;
    const done = deadline.passed ? false : attempt(record);
    if (done === true) continue;
    invocation.begin(record);
    if (!(await done)) return;
    invocation.finish(record);
    if (invocation.over) return;
  }
}

interface SideBySide {
  /** At most so many at once. */
  readonly concurrency: number;
  /** Records of one key are handled one after the other, and none after one that failed. Without it there is no order. */
  readonly keyOf: ((record: RawStreamRecord) => string) | undefined;
}

/** What waits for a record of its key that is in work. */
interface Lane {
  readonly waiting: RawStreamRecord[];
  next: number;
}

/**
 * Many records at once, started in their order. A record that is done at once takes no slot. One whose key is in work waits
 * in that key's lane without taking a slot, so that a hot key does not hold up the others.
 */
export async function sideBySide(
  invocation: Invocation,
  attempt: Attempt,
  { concurrency, keyOf }: SideBySide,
): Promise<void> {
  const { cursor, deadline } = invocation;
  const lanes = new Lanes(invocation, attempt);
  for (let record = cursor.next(); record !== undefined; record = cursor.next()) {
    if (invocation.isKnown(record)) continue;
    const key = keyOf?.(record);
    if (deadline.passed) {
      invocation.begin(record);
      break;
    }
    if (lanes.holdBack(record, key)) continue;
    const done = attempt(record);
    if (done === true) continue;
    lanes.enter(record, done, key);
    if (lanes.running < concurrency) continue;
    await lanes.untilRunning(concurrency - 1);
    if (invocation.over) return;
  }
  await lanes.untilRunning(0);
}

/** The records in work, and what waits for them because it has the same key. */
class Lanes {
  readonly #invocation: Invocation;
  readonly #attempt: Attempt;
  readonly #lanes = new Map<string, Lane>();
  readonly #barred = new Set<string>();
  #running = 0;
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;

  constructor(invocation: Invocation, attempt: Attempt) {
    this.#invocation = invocation;
    this.#attempt = attempt;
  }

  get running(): number {
    return this.#running;
  }

  /** True when the record may not be started now: one of its key is in work, or has failed. */
  holdBack(record: RawStreamRecord, key: string | undefined): boolean {
    if (key === undefined) return false;
    const lane = this.#lanes.get(key);
    if (lane === undefined && !this.#barred.has(key)) return false;
    this.#invocation.begin(record);
    lane?.waiting.push(record);
    return true;
  }

  /** Takes over a record that is in work, or has failed at once. */
  enter(record: RawStreamRecord, done: false | Promise<boolean>, key: string | undefined): void {
    this.#invocation.begin(record);
    if (done !== false) void this.#follow(record, done, key);
    else if (key !== undefined) this.#barred.add(key);
  }

  /** Rejects with what none of the records is to blame for. */
  async untilRunning(most: number): Promise<void> {
    while (this.#running > most) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Waits for a record, then works off its lane. The lane is gone the moment nobody works it off any more. */
  async #follow(first: RawStreamRecord, result: Promise<boolean>, key: string | undefined): Promise<void> {
    const lane: Lane = { waiting: [], next: 0 };
    if (key !== undefined) this.#lanes.set(key, lane);
    this.#running++;
    try {
      let record: RawStreamRecord | undefined = first;
      let done: boolean | Promise<boolean> = result;
      while (record !== undefined && (await done)) {
        this.#invocation.finish(record);
        record = this.#invocation.deadline.passed ? undefined : lane.waiting[lane.next++];
        if (record !== undefined) done = this.#attempt(record);
      }
      if (record !== undefined && key !== undefined) this.#barred.add(key);
    } catch (error) {
      this.#failure ??= { error };
    } finally {
      if (key !== undefined) this.#lanes.delete(key);
      this.#running--;
      this.#wake?.();
    }
  }
}
