import { MillraceError } from '../errors.ts';
import { memberOf } from '../runtime/unknown-value.ts';

/** Of what an answer is, for what is said when it cannot be read. */
export interface AnswerOf {
  readonly to: string;
  readonly advice: string;
  readonly stream?: string;
}

/** How an answer in AWS JSON is read. */
export interface Reading<T> extends AnswerOf {
  /** What is to be made of an answer, parsed; undefined for what is none, and it may throw. */
  readonly as: (answer: unknown) => T | undefined;
}

/** What a good answer in AWS JSON says. Throws a `SERVICE_FAILED` to retry when it cannot be read. */
export function readAnswer<T>(text: string, { as, ...of }: Reading<T>): T {
  return readWith(() => as(JSON.parse(text)), of);
}

/** What `read` makes of an answer. Throws a `SERVICE_FAILED` to retry when that is undefined, or `read` throws. */
export function readWith<T>(read: () => T | undefined, { to, advice, stream }: AnswerOf): T {
  let cause: unknown;
  try {
    const made = read();
    if (made !== undefined) return made;
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
