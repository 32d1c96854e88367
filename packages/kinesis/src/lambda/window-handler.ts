import type { RawStreamRecord } from '../process/raw-record.ts';
import type { StreamRecord } from '../record/record.ts';
import { isThenable } from '../runtime/thenable.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { createAttempt, type Attempt } from './attempt.ts';
import type { KinesisWindowEvent, KinesisWindowHandler, LambdaContext } from './event.ts';
import type { InvocationContext } from './invocation-context.ts';
import { Invocation } from './invocation.ts';
import { resolveOptions, type CommonHandlerOptions } from './options.ts';
import { handleAll } from './schedule.ts';

export interface WindowContext<C extends LambdaContext = LambdaContext> extends InvocationContext<C> {
  readonly window: { readonly start: Date; readonly end: Date };
  /** Whether the window ends before its time, since the state has outgrown 1 MB; more of the same window follows. */
  readonly endedEarly: boolean;
}

/** What happens in a window: `S` is a JSON object, for it travels through Lambda between invocations. */
export interface WindowSteps<T, S extends object, C extends LambdaContext = LambdaContext> {
  /** The state a window begins with. */
  readonly initial: () => S;
  /** Takes a record in and gives the new state. When it throws, the state must be as it was: change it last, or give a new one. */
  readonly add: (state: S, record: StreamRecord<T>, context: WindowContext<C>) => S | PromiseLike<S>;
  /** Called when the window is over, with all of it; what it throws makes Lambda call again. */
  readonly close: (state: S, context: WindowContext<C>) => unknown;
}

const inOrder = { concurrency: 1, stopAtFailure: true, byKey: false };

/** What Lambda keeps between two invocations, less than its 1 MB. */
const maxStateBytes = 1_000_000;

/** Where in an aggregate the state stands, while the rest of it comes again. */
const marker = 'millrace:after';

/**
 * A Lambda function for a mapping with `TumblingWindowInSeconds`: folds the records of a window into a state, one shard at a
 * time and in order. A record that fails keeps what was folded before it, and is tried again with what follows; a record
 * inside an aggregate is folded once. A state that outgrows what Lambda keeps ends its window early, here and without loss:
 * `close` gets it, and a new one begins.
 *
 * As {@link createHandler}, it needs `ReportBatchItemFailures` in the mapping. Throws `OPTION_INVALID`.
 * See {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html}.
 *
 * @example
 * ```ts
 * export const handler = createWindowHandler(orders, {
 *   initial: () => ({ total: 0 }),
 *   add: (state, { value }) => ({ total: state.total + value.total }),
 *   close: ({ total }, { window }) => report(window.end, total),
 * });
 * ```
 */
export function createWindowHandler<T, S extends object, C extends LambdaContext = LambdaContext>(
  stream: StreamDefinition<never, T>,
  steps: WindowSteps<T, S, C>,
  options: CommonHandlerOptions = {},
): KinesisWindowHandler<S, C> {
  const resolved = resolveOptions(options);
  return async (event, lambda) => {
    // A record that was handled is one whose share is in the state: only the state may say so, not this environment.
    const invocation = new Invocation(event, lambda, resolved);
    const { state: begun, after } = open(event.state, steps.initial);
    let state = begun;
    let last = '';
    const context = contextOf(event, invocation, event.isWindowTerminatedEarly);
    const add = (record: StreamRecord<T>): unknown => {
      const next = steps.add(state, record, context);
      const keep = (added: S): void => {
        // Given up meanwhile: the answer is on its way without this record, which comes again.
        if (invocation.over) return;
        state = added;
        last = placeOf(record);
      };
      if (isThenable(next)) return next.then(keep);
      keep(next);
      return undefined;
    };
    const attempt = createAttempt(invocation, resolved, stream.decode, add);
    const fold: Attempt = {
      ...attempt,
      start(record) {
        if (record.sequenceNumber === after?.sequenceNumber && record.subSequenceNumber <= after.sub) {
          last = placeOf(record);
          return true;
        }
        return attempt.start(record);
      },
    };
    const response = await invocation.run(() => handleAll(invocation, fold, inOrder));
    const [failure] = response.batchItemFailures;
    const inside = failure !== undefined && last.startsWith(`${failure.itemIdentifier}:`);
    const ends = event.isFinalInvokeForWindow || event.isWindowTerminatedEarly;
    const tooLarge = Buffer.byteLength(JSON.stringify(state)) > maxStateBytes;
    if (tooLarge || (ends && failure === undefined)) {
      await steps.close(state, contextOf(event, invocation, tooLarge || event.isWindowTerminatedEarly));
      state = steps.initial();
    }
    return { ...response, state: inside ? marked(state, last) : state };
  };
}

function open<S extends object>(
  given: Partial<S> | undefined,
  initial: () => S,
): { readonly state: S; readonly after?: { readonly sequenceNumber: string; readonly sub: number } } {
  if (!isBegun(given)) return { state: initial() };
  const after: unknown = Reflect.get(given, marker);
  if (typeof after !== 'string') return { state: given };
  const state = { ...given };
  Reflect.deleteProperty(state, marker);
  const [sequenceNumber = '', sub] = after.split(':');
  return { state, after: { sequenceNumber, sub: Number(sub) } };
}

/** Lambda gives back what was answered, or nothing at all. */
function isBegun<S extends object>(state: Partial<S> | undefined): state is S {
  return state !== undefined && Object.keys(state).length > 0;
}

function marked<S extends object>(state: S, place: string): S {
  const copy = { ...state };
  Reflect.set(copy, marker, place);
  return copy;
}

function placeOf({ sequenceNumber, subSequenceNumber }: RawStreamRecord): string {
  return `${sequenceNumber}:${subSequenceNumber}`;
}

function contextOf<C extends LambdaContext>(
  { window }: KinesisWindowEvent,
  invocation: Invocation<C>,
  endedEarly: boolean,
): WindowContext<C> {
  return invocation.tell({
    window: { start: new Date(window.start), end: new Date(window.end) },
    endedEarly,
  });
}
