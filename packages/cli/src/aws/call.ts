import { toMillraceError, type AwsErrorContext } from '@millrace/kinesis/aws';

/** What every method of the admins takes. */
export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Runs one call of the SDK; what it throws becomes a `MillraceError` that names it. */
export async function call<T>(context: AwsErrorContext, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toMillraceError(error, context);
  }
}

export function abortable(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** Every page of a list, one after the other. */
export async function pages<T>(
  read: (
    token: string | undefined,
  ) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<readonly T[]> {
  const all: T[] = [];
  let token: string | undefined;
  do {
    const page = await read(token);
    all.push(...page.items);
    token = page.next;
  } while (token !== undefined);
  return all;
}

/** `run` for each item, a few at a time, so that a large account is not asked everything at once. */
export async function eachOf<T, R>(
  items: readonly T[],
  run: (item: T) => Promise<R>,
  atOnce = 8,
): Promise<readonly R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(run))));
  }
  return results;
}
