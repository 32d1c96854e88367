import type { InvokeResult } from '../event-source/invoker.ts';

/** A handler as Lambda calls it; one that takes a callback answers through it. */
export type LambdaHandler<E = never> = (
  event: E,
  context: LambdaContext,
  callback: LambdaCallback,
) => unknown;

export type LambdaCallback = (error?: Error | string | null, result?: unknown) => void;

/** What a handler is told about its invocation; see {@link https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html}. */
export interface LambdaContext {
  readonly awsRequestId: string;
  readonly callbackWaitsForEmptyEventLoop: boolean;
  readonly functionName: string;
  readonly functionVersion: string;
  readonly invokedFunctionArn: string;
  readonly memoryLimitInMB: string;
  readonly logGroupName: string;
  readonly logStreamName: string;
  getRemainingTimeInMillis(): number;
  /** As older runtimes have it; so are the next two. */
  done(error?: Error, result?: unknown): void;
  fail(error: Error | string): void;
  succeed(result: unknown): void;
}

/** What one invocation took. */
export interface InvocationReport {
  readonly requestId: string;
  readonly durationMs: number;
  /** Set for the first invocation of an environment. */
  readonly initMs?: number;
  /** Undefined where it is not known: in this process. */
  readonly maxMemoryMb?: number;
}

/** What a function tells while it runs. */
export type FunctionEvent =
  | { readonly type: 'start'; readonly requestId: string }
  /** A line it wrote. */
  | { readonly type: 'log'; readonly requestId: string | undefined; readonly line: string }
  | ({ readonly type: 'report'; readonly result: InvokeResult } & InvocationReport)
  /** Its code changed: the next invocations run the new one. */
  | { readonly type: 'reload'; readonly file: string }
  /** An environment waits for a debugger there. */
  | { readonly type: 'inspect'; readonly url: string };

export type FunctionListener = (event: FunctionEvent) => void;

/** One invocation. */
export interface InvocationRequest {
  readonly requestId: string;
  /** As it was named, with a qualifier if any. */
  readonly functionArn: string;
  /** Fresh: the handler may keep and change it. */
  readonly event: unknown;
}

/** Runs a function's code. */
export interface Runtime {
  /** Never rejects. */
  invoke(request: InvocationRequest): Promise<InvokeResult>;
  /** Ends every environment. Idempotent. */
  close(): Promise<void>;
}

/** What is the same for every invocation of a function. */
export interface FunctionSettings {
  readonly name: string;
  readonly region: string;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Environments at a time; more invocations are refused as throttled. Infinity for no limit. */
  readonly concurrency: number;
}

/** Lambda's own lines around an invocation. */
export function reportLines(report: InvocationReport, memoryMb: number): readonly string[] {
  const { requestId, durationMs, initMs, maxMemoryMb } = report;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + (initMs ?? 0))} ms`,
    `Memory Size: ${memoryMb} MB`,
    ...(maxMemoryMb === undefined ? [] : [`Max Memory Used: ${maxMemoryMb} MB`]),
    ...(initMs === undefined ? [] : [`Init Duration: ${initMs.toFixed(2)} ms`]),
  ];
  return [`END RequestId: ${requestId}`, parts.join('\t')];
}

/** Lambda's words for a handler that took too long. */
export function timedOut(
  requestId: string,
  timeoutMs: number,
): { readonly type: string; readonly message: string } {
  return {
    type: 'Sandbox.Timedout',
    message: `RequestId: ${requestId} Error: Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
  };
}
