import { isObject } from '@millrace/kinesis/runtime';

/**
 * How an invocation went, as the retry state machine sees it. `failed` and `error` differ: a batch failed through its
 * response is never cut in two, since the invocation itself succeeded.
 */
export type Verdict =
  | { readonly type: 'done' }
  /** Everything before index `from` is done, that record and all after it are not. */
  | { readonly type: 'partial'; readonly from: number }
  /** The response says, or is taken to say, that the whole batch failed. */
  | { readonly type: 'failed' }
  /** The function threw, timed out or died. */
  | { readonly type: 'error'; readonly functionError: string }
  /** Never reached the function: throttled, not permitted, service down. Does not count against the retries. */
  | { readonly type: 'refused'; readonly reason: string };

/**
 * What a function's response says of a batch, under `ReportBatchItemFailures`; without it the response is not looked
 * at. See {@link https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html}.
 *
 * @example
 * ```ts
 * readResponse({ batchItemFailures: [{ itemIdentifier: '49…2' }] }, ['49…1', '49…2', '49…3']); // { type: 'partial', from: 1 }
 * ```
 */
export function readResponse(response: unknown, sequenceNumbers: readonly string[]): Verdict {
  if (isEmpty(response)) return done;
  if (!isObject(response)) return failed;
  const failures = response['batchItemFailures'];
  if (isEmpty(failures)) return done;
  if (!Array.isArray(failures)) return failed;
  const index = new Map(sequenceNumbers.map((number, at) => [number, at]));
  let from = sequenceNumbers.length;
  for (const failure of failures) {
    const identifier: unknown = isObject(failure) ? failure['itemIdentifier'] : undefined;
    const at = typeof identifier === 'string' ? index.get(identifier) : undefined;
    // An identifier that is missing, empty or of another batch fails all of it.
    if (at === undefined) return failed;
    // The batch is in the order of its sequence numbers: the lowest index is the lowest number.
    from = Math.min(from, at);
  }
  return { type: 'partial', from };
}

const done: Verdict = { type: 'done' };
const failed: Verdict = { type: 'failed' };

function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}
