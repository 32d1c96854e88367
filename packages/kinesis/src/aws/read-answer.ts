import { MillraceError } from '../errors.ts';
import { memberOf } from '../runtime/unknown-value.ts';

/** How an answer is read. */
export interface Reading<T> {
  /** Of what the answer is; for the message. */
  readonly to: string;
  /** What is to be made of an answer, parsed; undefined for what is none, and it may throw. */
  readonly as: (answer: unknown) => T | undefined;
  readonly advice: string;
  readonly stream?: string;
}

/** What a good answer in AWS JSON says. Throws a `SERVICE_FAILED` to retry when it cannot be read. */
export function readAnswer<T>(text: string, { to, as, advice, stream }: Reading<T>): T {
  let cause: unknown;
  try {
    const read = as(JSON.parse(text));
    if (read !== undefined) return read;
  } catch (error) {
    cause = error;
  }
  throw new MillraceError('SERVICE_FAILED', `The answer to ${to} cannot be read.`, {
    advice,
    retryable: true,
    ...(stream !== undefined && { stream }),
    cause,
  });
}

/** Whether an answer has records, as those to GetRecords and PutRecords do. */
export function hasRecords(answer: unknown): answer is { readonly Records: readonly unknown[] } {
  return Array.isArray(memberOf(answer, 'Records'));
}
