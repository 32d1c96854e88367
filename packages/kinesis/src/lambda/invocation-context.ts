import type { Deadline } from './deadline.ts';
import type { LambdaContext } from './event.ts';

/** What a handler is told beside the records. */
export interface InvocationContext<C extends LambdaContext = LambdaContext> {
  /** The stream's name, out of the event. */
  readonly stream: string;
  readonly shardId: string;
  /**
   * Fires shortly before the function's time-out (`deadlineMargin`). What is done soon after still counts; what is not, is
   * reported as not handled and comes again.
   */
  readonly signal: AbortSignal;
  /** Lambda's own context; undefined when the handler was called without one. */
  readonly lambda: C | undefined;
}

/** Of a class for the getter's sake: an object literal with one is of a kind of its own each time, which costs more than the rest of an invocation. */
export class Told {
  readonly #deadline: Deadline;

  constructor(deadline: Deadline) {
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal();
  }
}
