import type { DeadLetterPolicy } from '../process/failure-policy.ts';
import { systemClock, type Clock } from '../runtime/clock.ts';
import { toMilliseconds, type Duration } from '../runtime/duration.ts';
import { choiceOption, integerOption, optionError } from '../runtime/options.ts';
import type { CompletedStore } from './completed-records.ts';
import { isPermanent } from './permanent.ts';

/** Where failures are told; `console`, and the logger of AWS Powertools, are such. Payloads and keys are never among the details. */
export interface HandlerLogger {
  error(message: string, details: Record<string, unknown>): void;
}

/** What every handler takes. */
export interface CommonHandlerOptions {
  /** Tries of one record (or batch) within an invocation, 1 to 100, with back-off from 100 ms. @defaultValue `1`: the mapping tries again */
  readonly attempts?: number;
  /**
   * What becomes of a record that no retry will mend: its bytes cannot be decoded, its value does not fit the schema, or the
   * handler threw a {@link permanent} error.
   *
   * - `'retry'`: it fails like any other, and the mapping's settings decide; without limits there it blocks its shard until it expires.
   * - `deadLetter(sink)`: it goes to a sink with its original bytes and counts as handled. While the sink fails, the record does.
   * - `'skip'`: it is dropped, with a line in the log.
   *
   * @defaultValue `'retry'`
   */
  readonly onPoison?: 'retry' | 'skip' | DeadLetterPolicy;
  /** Which errors of the handler no retry will mend. @defaultValue those marked by {@link permanent} */
  readonly isPermanent?: (error: unknown) => boolean;
  /**
   * How long before the function's time-out no further record is started; half of it later, what still runs is given up
   * and reported as not handled. At most a fifth of the time-out; 0 turns it off. @defaultValue `'500ms'`
   */
  readonly deadlineMargin?: Duration;
  /** @defaultValue `console` */
  readonly logger?: HandlerLogger;
  /** @defaultValue the machine's own */
  readonly clock?: Clock;
}

export interface BatchHandlerOptions extends CommonHandlerOptions {
  /** Knows across environments which records were handled before. @defaultValue none */
  readonly completed?: CompletedStore;
}

export interface HandlerOptions extends BatchHandlerOptions {
  /**
   * - `'ordered'`: one record after the other; the first failure ends the invocation, so nothing overtakes it.
   * - `'ordered-by-key'`: keys side by side, each in order; a failure holds back only the later records of its key.
   * - `'parallel'`: side by side in any order.
   *
   * In the last two, records behind the failed one are handled now and come again with it; they are then left out, as far
   * as a warm environment, or `completed`, can know. @defaultValue `'ordered'`
   */
  readonly mode?: 'ordered' | 'ordered-by-key' | 'parallel';
  /** Records handled at once, 1 to 1,000; not in mode `ordered`. @defaultValue `10` */
  readonly concurrency?: number;
}

export interface ResolvedOptions {
  readonly attempts: number;
  readonly onPoison: 'retry' | 'skip' | DeadLetterPolicy;
  readonly isPermanent: (error: unknown) => boolean;
  readonly deadlineMarginMs: number;
  readonly logger: HandlerLogger;
  readonly clock: Clock;
  readonly mode: 'ordered' | 'ordered-by-key' | 'parallel';
  readonly concurrency: number;
  readonly completed: CompletedStore | undefined;
}

/** Throws `OPTION_INVALID`. */
export function resolveOptions(options: HandlerOptions): ResolvedOptions {
  const mode = choiceOption('lambda.mode', options.mode ?? 'ordered', [
    'ordered',
    'ordered-by-key',
    'parallel',
  ]);
  const { concurrency = mode === 'ordered' ? 1 : 10 } = options;
  if (mode === 'ordered' && concurrency !== 1) {
    throw optionError('lambda.concurrency', concurrency, "1 in mode 'ordered', or choose another mode");
  }
  return Object.freeze({
    attempts: integerOption('lambda.attempts', options.attempts ?? 1, 1, 100),
    onPoison: policyOf(options.onPoison ?? 'retry'),
    isPermanent: options.isPermanent ?? isPermanent,
    deadlineMarginMs: toMilliseconds(options.deadlineMargin ?? 500, 'lambda.deadlineMargin'),
    logger: options.logger ?? console,
    clock: options.clock ?? systemClock,
    mode,
    concurrency: integerOption('lambda.concurrency', concurrency, 1, 1000),
    completed: options.completed,
  });
}

const policies = ['retry', 'skip'] as const;

function policyOf(given: 'retry' | 'skip' | DeadLetterPolicy): 'retry' | 'skip' | DeadLetterPolicy {
  return typeof given === 'object' ? given : choiceOption('lambda.onPoison', given, policies);
}
