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

/** An object literal with a getter would be of a kind of its own each time, which costs more than the rest of an invocation. */
export class Told<C extends LambdaContext> implements InvocationContext<C> {
  readonly stream: string;
  readonly shardId: string;
  readonly lambda: C | undefined;
  readonly #deadline: Deadline;

  constructor(
    of: { readonly stream: string; readonly shardId: string },
    lambda: C | undefined,
    deadline: Deadline,
  ) {
    this.stream = of.stream;
    this.shardId = of.shardId;
    this.lambda = lambda;
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal();
  }
}
