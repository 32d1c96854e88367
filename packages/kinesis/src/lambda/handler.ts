import type { StreamRecord } from '../record/record.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { createAttempt } from './attempt.ts';
import { CompletedRecords } from './completed-records.ts';
import type { KinesisHandler, LambdaContext } from './event.ts';
import type { InvocationContext } from './invocation-context.ts';
import { Invocation } from './invocation.ts';
import { resolveOptions, type HandlerOptions } from './options.ts';
import { handleAll } from './schedule.ts';

/**
 * A Lambda function that is called for each record: base64 is decoded, KPL aggregates are opened, values are decoded and
 * checked as the stream's definition says. It answers with the lowest sequence number that is not done, so that the mapping
 * goes on exactly there; a failed record inside an aggregate stands for its aggregate.
 *
 * The event source mapping must have `FunctionResponseTypes: ['ReportBatchItemFailures']`. Without it Lambda ignores the
 * answer and every failed record is lost; a function cannot see that from inside. `millrace check` does.
 *
 * Lambda delivers at least once: make the handler idempotent, or give `completed`. Throws `OPTION_INVALID`.
 * See {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html}.
 *
 * @example
 * ```ts
 * export const handler = createHandler(orders, ({ value }) => bill(value), { mode: 'ordered-by-key' });
 * ```
 */
export function createHandler<T, C extends LambdaContext = LambdaContext>(
  stream: StreamDefinition<never, T>,
  handle: (record: StreamRecord<T>, context: InvocationContext<C>) => unknown,
  options: HandlerOptions = {},
): KinesisHandler<C> {
  const resolved = resolveOptions(options);
  const completed = new CompletedRecords(resolved.clock);
  const schedule = {
    concurrency: resolved.concurrency,
    stopAtFailure: resolved.mode === 'ordered',
    byKey: resolved.mode === 'ordered-by-key',
  };
  return async (event, lambda) => {
    const invocation = new Invocation(event, lambda, resolved, completed);
    const context = invocation.tell({});
    const attempt = createAttempt(invocation, resolved, stream.decode, (record) => handle(record, context));
    return invocation.run(() => handleAll(invocation, attempt, schedule));
  };
}
