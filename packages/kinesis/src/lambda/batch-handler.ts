import { fill } from '../process/raw-record.ts';
import { optionError } from '../runtime/options.ts';
import { backoffDelay } from '../runtime/backoff.ts';
import { isThenable } from '../runtime/thenable.ts';
import type { StreamRecord } from '../record/record.ts';
import type { StreamDefinition } from '../stream/stream.ts';
import { backoff, putAside, refused } from './attempt.ts';
import { CompletedRecords } from './completed-records.ts';
import type { KinesisHandler, LambdaContext } from './event.ts';
import type { InvocationContext } from './invocation-context.ts';
import { Invocation } from './invocation.ts';
import { resolveOptions, type BatchHandlerOptions, type ResolvedOptions } from './options.ts';

export interface BatchContext<T, C extends LambdaContext = LambdaContext> extends InvocationContext<C> {
  /**
   * Says that a record of the batch failed; the rest counts as handled. It comes again with all behind it, of which those
   * handled now are left out then. With a {@link permanent} error it goes where `onPoison` says.
   */
  readonly fail: (record: StreamRecord<T>, error: unknown) => void;
}

/**
 * A Lambda function that is called once for all records of an event, decoded and in order: for one write of many rows. When
 * it throws, so does the invocation, and a mapping with `BisectBatchOnFunctionError` halves the batch; when it can tell which
 * records failed, it says so through `context.fail` and the rest is done.
 *
 * A record that cannot be decoded ends the batch before it, unless `onPoison` puts it aside. As {@link createHandler}, it
 * needs `ReportBatchItemFailures` in the mapping. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * export const handler = createBatchHandler(orders, async (records, { fail }) => {
 *   const { rejected } = await table.insert(records.map(({ value }) => value));
 *   for (const { index, reason } of rejected) fail(records[index], reason);
 * });
 * ```
 */
export function createBatchHandler<T, C extends LambdaContext = LambdaContext>(
  stream: StreamDefinition<never, T>,
  handle: (records: readonly StreamRecord<T>[], context: BatchContext<T, C>) => unknown,
  options: BatchHandlerOptions = {},
): KinesisHandler<C> {
  const resolved = resolveOptions(options);
  const completed = new CompletedRecords(resolved.clock);
  return async (event, lambda) => {
    const invocation = new Invocation(event, lambda, resolved, completed);
    return invocation.run(() => runBatch(invocation, resolved, stream.decode, handle));
  };
}

async function runBatch<T, C extends LambdaContext>(
  invocation: Invocation<C>,
  options: ResolvedOptions,
  decode: (bytes: Uint8Array) => T | Promise<T>,
  handle: (records: readonly StreamRecord<T>[], context: BatchContext<T, C>) => unknown,
): Promise<void> {
  const records = await decodeAll(invocation, options, decode);
  if (records.length === 0) return;
  for (const record of records) invocation.begin(record);
  const failures = await tryBatch(invocation, options, records, handle);
  for (const record of records) if (!failures.has(record)) invocation.finish(record);
  for (const [record, error] of failures) {
    if (!options.isPermanent(error)) invocation.report.failed(record, error, 1);
    else if ((await putAside(invocation, options, record, error, 1)) === true) invocation.finish(record);
  }
}

/** The records up to the first that cannot be decoded and may not be put aside. */
async function decodeAll<T>(
  invocation: Pick<Invocation, 'begin' | 'cursor' | 'isKnown' | 'remember' | 'report'>,
  options: ResolvedOptions,
  decode: (bytes: Uint8Array) => T | Promise<T>,
): Promise<readonly StreamRecord<T>[]> {
  const { cursor } = invocation;
  const records: StreamRecord<T>[] = [];
  for (let raw = cursor.next(); raw !== undefined; raw = cursor.next()) {
    if (invocation.isKnown(raw)) continue;
    try {
      const decoded = decode(raw.bytes);
      fill(raw, isThenable(decoded) ? await decoded : decoded);
      records.push(raw);
    } catch (error) {
      if ((await refused(invocation, options, raw, error)) === true) {
        // Should the batch fail as a whole, it need not be put aside a second time.
        invocation.remember(raw);
        continue;
      }
      invocation.begin(raw);
      break;
    }
  }
  return records;
}

/** Which records failed, and why. Rejects with what the handler throws on its last try. */
async function tryBatch<T, C extends LambdaContext>(
  invocation: Invocation<C>,
  { attempts, isPermanent, clock }: ResolvedOptions,
  records: readonly StreamRecord<T>[],
  handle: (records: readonly StreamRecord<T>[], context: BatchContext<T, C>) => unknown,
): Promise<ReadonlyMap<StreamRecord<T>, unknown>> {
  const { deadline, report } = invocation;
  for (let tries = 1; ; tries++) {
    const failures = new Map<StreamRecord<T>, unknown>();
    const fail = (record: StreamRecord<T>, error: unknown): void => {
      failures.set(find(records, record), error);
    };
    try {
      await handle(records, invocation.tell({ fail }));
      return failures;
    } catch (error) {
      const [only] = records;
      // Alone there is no doubt which record it was.
      if (records.length === 1 && only !== undefined && isPermanent(error)) return new Map([[only, error]]);
      if (tries >= attempts || deadline.passed()) {
        report.error('Batch failed', error, { attempts: tries });
        throw error;
      }
      await deadline.pause(backoffDelay(backoff, tries, clock));
    }
  }
}

/** The record of the batch that is meant, be it a copy. */
function find<T>(records: readonly StreamRecord<T>[], meant: StreamRecord<T>): StreamRecord<T> {
  const found = records.find(
    (record) =>
      record === meant ||
      (record.sequenceNumber === meant.sequenceNumber &&
        record.subSequenceNumber === meant.subSequenceNumber),
  );
  if (found === undefined) throw optionError('fail.record', meant, 'a record of this batch');
  return found;
}
