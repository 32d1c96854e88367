import { Bell } from '../runtime/bell.ts';
import { nextTurn } from '../runtime/clock.ts';
import type { Receipt } from './pending.ts';
import type { Putter } from './submission.ts';

export interface PutOptions {
  /** Names and values for the consumer; it finds them in the record's `headers`. They put the record in the KPL's format. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Gives up waiting at the door. A record already accepted is still sent. */
  readonly signal?: AbortSignal;
}

export interface PutManyOptions<In> extends PutOptions {
  readonly onReceipt?: (receipt: Receipt, value: In) => void;
  /** Called for each record that could not be stored. Without it the first failure ends `putMany` with that error. */
  readonly onFailure?: (error: unknown, value: In) => void;
}

/** How many records were settled, one way or the other. */
export interface PutCount {
  readonly delivered: number;
  readonly failed: number;
}

/** Records pulled before the event loop may turn: a source that never waits would keep the answers from being heard. */
const turnAfter = 1024;

/**
 * Submits everything `values` gives, one when the other has been let in, and waits until all of it is settled. It pulls a
 * stretch of records when there is `need` for one: to hold more than can be sent costs memory and gains nothing.
 */
export async function putEach<In>(
  values: Iterable<In> | AsyncIterable<In>,
  options: PutManyOptions<In>,
  submit: (value: In, putter: Putter<In>) => void,
  need: () => Promise<void> | undefined,
): Promise<PutCount> {
  const crowd = new Crowd(options);
  let pulled = 0;
  /** What to wait for before the next; most of the time nothing, and then there must be no promise either. */
  const put = (value: In): Promise<void> | undefined => {
    crowd.approach();
    submit(value, crowd);
    if (++pulled % turnAfter === 0) return crowd.pause(need);
    return crowd.atTheDoor ? crowd.room() : undefined;
  };
  try {
    if (Symbol.iterator in values) {
      for (const value of values) {
        const wait = put(value);
        if (wait !== undefined) await wait;
        if (crowd.failure !== undefined) break;
      }
    } else {
      for await (const value of values) {
        await put(value);
        if (crowd.failure !== undefined) break;
      }
    }
  } finally {
    await crowd.settled();
  }
  if (crowd.failure !== undefined) throw crowd.failure.error;
  return crowd.count;
}

/** All the records of one `putMany`, told of each without a promise for each. */
class Crowd<In> implements Putter<In> {
  readonly #options: PutManyOptions<In>;
  #delivered = 0;
  #failed = 0;
  #failure: { readonly error: unknown } | undefined;
  #atTheDoor = false;
  #open = 0;
  /** Rings when one is in, or done with. */
  readonly #news = new Bell();

  constructor(options: PutManyOptions<In>) {
    this.#options = options;
  }

  get count(): PutCount {
    return { delivered: this.#delivered, failed: this.#failed };
  }

  /** What should end the whole of it. */
  get failure(): { readonly error: unknown } | undefined {
    return this.#failure;
  }

  /** Whether one waits to be let in. */
  get atTheDoor(): boolean {
    return this.#atTheDoor;
  }

  /** One more comes to the door. */
  approach(): void {
    this.#atTheDoor = true;
    this.#open++;
  }

  admitted(): void {
    this.#atTheDoor = false;
    this.#news.ring();
  }

  stored(receipt: Receipt, value: In): void {
    this.#delivered++;
    const { onReceipt } = this.#options;
    if (onReceipt !== undefined) this.#tell(onReceipt, receipt, value);
    this.#closed();
  }

  refused(error: unknown, value: In): void {
    this.#failed++;
    const { onFailure } = this.#options;
    if (onFailure === undefined) this.#failure ??= { error };
    else this.#tell(onFailure, error, value);
    this.#closed();
  }

  /** Lets the event loop turn, then waits for need and for room. */
  async pause(need: () => Promise<void> | undefined): Promise<void> {
    await nextTurn();
    await need();
    await this.room();
  }

  /** Waits until the one at the door is in. */
  async room(): Promise<void> {
    while (this.#atTheDoor) await this.#news.wait();
  }

  async settled(): Promise<void> {
    while (this.#open > 0) await this.#news.wait();
  }

  #tell<News>(listener: (news: News, value: In) => void, news: News, value: In): void {
    try {
      listener(news, value);
    } catch (error) {
      this.#failure ??= { error };
    }
  }

  #closed(): void {
    this.#open--;
    this.#news.ring();
  }
}
