import type { Clock } from '@millrace/kinesis/runtime';

import type { InvokeResult } from '../event-source/invoker.ts';
import {
  timedOut,
  type FunctionListener,
  type FunctionSettings,
  type InvocationRequest,
  type LambdaCallback,
  type LambdaContext,
  type LambdaHandler,
  type Runtime,
} from './function.ts';

/**
 * Runs a handler in this process, on the given clock: for tests. It cannot be ended when it takes too long, only
 * given up; nothing else is isolated either.
 */
export function createInProcessRuntime(
  handler: LambdaHandler,
  settings: FunctionSettings,
  clock: Clock,
  tell: FunctionListener,
): Runtime {
  let running = 0;
  const closing = new AbortController();
  return {
    async invoke(request) {
      if (running >= settings.concurrency || closing.signal.aborted) {
        return { type: 'refused', reason: 'Rate Exceeded.', requestId: request.requestId };
      }
      running++;
      const startedAt = clock.monotonic();
      tell({ type: 'start', requestId: request.requestId });
      try {
        const outcome = await race(handler, settings, clock, request, closing.signal);
        const durationMs = clock.monotonic() - startedAt;
        const result: InvokeResult = { ...outcome, requestId: request.requestId, durationMs };
        tell({ type: 'report', requestId: request.requestId, durationMs, result });
        return result;
      } finally {
        running--;
      }
    },
    async close() {
      closing.abort();
    },
  };
}

type Ended =
  | { readonly type: 'response'; readonly response: unknown }
  | {
      readonly type: 'error';
      readonly functionError: string;
      readonly error: { readonly type: string; readonly message: string };
    };

function race(
  handler: LambdaHandler,
  settings: FunctionSettings,
  clock: Clock,
  request: InvocationRequest,
  closing: AbortSignal,
): Promise<Ended> {
  const { timeoutMs } = settings;
  const deadline = clock.monotonic() + timeoutMs;
  return new Promise((resolve) => {
    const end = (ended: Ended): void => {
      timer[Symbol.dispose]();
      closing.removeEventListener('abort', close);
      resolve(ended);
    };
    const timer = clock.timer(timeoutMs, () => end(unhandled(timedOut(request.requestId, timeoutMs))));
    const close = (): void =>
      end(unhandled({ type: 'Runtime.ExitError', message: 'The function was closed.' }));
    closing.addEventListener('abort', close, { once: true });
    void run(handler, request, settings, () => Math.max(0, deadline - clock.monotonic())).then(
      (response) => end({ type: 'response', response }),
      (error: unknown) => end(unhandled(describeError(error))),
    );
  });
}

async function run(
  handler: LambdaHandler,
  { event, functionArn, requestId }: InvocationRequest,
  settings: FunctionSettings,
  remaining: () => number,
): Promise<unknown> {
  const response = await new Promise((resolve, reject) => {
    const done: LambdaCallback = (error, result) => {
      if (error === undefined || error === null) resolve(result);
      else reject(error instanceof Error ? error : new Error(error));
    };
    const context: LambdaContext = {
      awsRequestId: requestId,
      callbackWaitsForEmptyEventLoop: true,
      functionName: settings.name,
      functionVersion: '$LATEST',
      invokedFunctionArn: functionArn,
      memoryLimitInMB: String(settings.memoryMb),
      logGroupName: `/aws/lambda/${settings.name}`,
      logStreamName: 'in-process',
      getRemainingTimeInMillis: remaining,
      done,
      fail: (error) => done(error),
      succeed: (result) => done(undefined, result),
    };
    const returned: unknown = Reflect.apply(handler, undefined, [event, context, done]);
    if (handler.length < 3 || returned instanceof Promise) resolve(returned);
  });
  // As it comes back from Lambda: through JSON.
  const text: unknown = response === undefined ? undefined : JSON.stringify(response);
  return typeof text === 'string' ? JSON.parse(text) : undefined;
}

function unhandled(error: { readonly type: string; readonly message: string }): Ended {
  return { type: 'error', functionError: 'Unhandled', error };
}

function describeError(error: unknown): { readonly type: string; readonly message: string } {
  return error instanceof Error
    ? { type: error.name, message: error.message }
    : { type: typeof error, message: String(error) };
}
