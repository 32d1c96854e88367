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
const turnAfter = 256;

/** Submits everything `values` gives, one when the other has been let in, and waits until all of it is settled. */
export async function putEach<In>(
  values: Iterable<In> | AsyncIterable<In>,
  options: PutManyOptions<In>,
  submit: (value: In, putter: Putter<In>) => void,
): Promise<PutCount> {
  const crowd = new Crowd(options);
  let pulled = 0;
  try {
    for await (const value of values) {
      crowd.approach();
      submit(value, crowd);
      await crowd.room();
      if (crowd.failure !== undefined) break;
      if (++pulled % turnAfter === 0) await nextTurn();
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
  #wake: (() => void) | undefined;

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

  /** One more comes to the door. */
  approach(): void {
    this.#atTheDoor = true;
    this.#open++;
  }

  admitted(): void {
    this.#atTheDoor = false;
    this.#wake?.();
  }

  stored(receipt: Receipt, value: In): void {
    this.#delivered++;
    this.#tell(() => this.#options.onReceipt?.(receipt, value));
  }

  refused(error: unknown, value: In): void {
    this.#failed++;
    const { onFailure } = this.#options;
    if (onFailure === undefined) this.#failure ??= { error };
    this.#tell(() => onFailure?.(error, value));
  }

  /** Waits until the one at the door is in. */
  async room(): Promise<void> {
    while (this.#atTheDoor) await this.#news();
  }

  async settled(): Promise<void> {
    while (this.#open > 0) await this.#news();
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#failure ??= { error };
    }
    this.#open--;
    this.#wake?.();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
