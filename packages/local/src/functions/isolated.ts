import process from 'node:process';

import type { Clock } from '@millrace/kinesis/runtime';

import type { InvokeResult } from '../event-source/invoker.ts';
import { Environment } from './environment.ts';
import type { FunctionListener, FunctionSettings, InvocationRequest, Runtime } from './function.ts';
import { launchOf, type HandlerFile } from './handler-file.ts';
import { watchFolder } from './watch-folder.ts';

/**
 * Runs a handler file as Lambda does: one process for each invocation at a time, kept warm for the next, ended when it
 * takes too long. With `watch`, a saved file makes the next invocations cold ones of the new code. Throws as
 * {@link launchOf}.
 */
export function createIsolatedRuntime(
  code: HandlerFile,
  settings: FunctionSettings,
  clock: Clock,
  tell: FunctionListener,
): Runtime {
  return new Environments(code, settings, clock, tell);
}

class Environments implements Runtime {
  readonly #code: HandlerFile;
  readonly #settings: FunctionSettings;
  readonly #clock: Clock;
  readonly #tell: FunctionListener;
  readonly #watcher: Disposable | undefined;
  #idle: Environment[] = [];
  readonly #busy = new Set<Environment>();
  /** For the one environment under a debugger. */
  readonly #queue: (() => void)[] = [];
  #outdated = new WeakSet<Environment>();
  #closed = false;

  constructor(code: HandlerFile, settings: FunctionSettings, clock: Clock, tell: FunctionListener) {
    const { folder } = launchOf(code, settings.memoryMb);
    this.#code = code;
    this.#settings = settings;
    this.#clock = clock;
    this.#tell = tell;
    this.#watcher =
      code.watch === true ? watchFolder(folder, clock, (file) => this.#reload(file)) : undefined;
    this.#await();
  }

  async invoke(request: InvocationRequest): Promise<InvokeResult> {
    const { requestId } = request;
    const { inspect } = this.#code;
    const limit = inspect === undefined ? this.#settings.concurrency : 1;
    if (this.#closed || limit < 1) return { type: 'refused', reason: 'Rate Exceeded.', requestId };
    if (this.#busy.size >= limit) {
      if (inspect === undefined) return { type: 'refused', reason: 'Rate Exceeded.', requestId };
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    }
    const environment = this.#idle.pop() ?? this.#start();
    this.#busy.add(environment);
    this.#tell({ type: 'start', requestId });
    const { outcome, ...report } = await environment.invoke(request);
    this.#busy.delete(environment);
    if (this.#closed || this.#outdated.has(environment)) environment.close();
    else if (!environment.dead) this.#idle.push(environment);
    this.#queue.shift()?.();
    const { durationMs } = report;
    const result: InvokeResult =
      outcome.type === 'response'
        ? { ...outcome, requestId, durationMs }
        : { ...outcome, functionError: 'Unhandled', requestId, durationMs };
    this.#tell({ type: 'report', requestId, result, ...report });
    return result;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.[Symbol.dispose]();
    for (const environment of [...this.#idle, ...this.#busy]) environment.close();
    this.#idle = [];
  }

  #reload(file: string): void {
    for (const environment of this.#idle) environment.close();
    this.#idle = [];
    for (const environment of this.#busy) this.#outdated.add(environment);
    this.#tell({ type: 'reload', file });
    this.#await();
  }

  /** A debugger attaches before the first invocation, so that it stops at a breakpoint in that. */
  #await(): void {
    if (this.#code.inspect === undefined || this.#busy.size > 0) return;
    const environment = this.#start();
    this.#idle.push(environment);
    void environment.start();
  }

  #start(): Environment {
    const { name, region, memoryMb } = this.#settings;
    const launch = launchOf(this.#code, memoryMb);
    return new Environment({
      settings: this.#settings,
      command: launch.command,
      args: launch.args,
      patient: this.#code.inspect !== undefined,
      clock: this.#clock,
      tell: this.#tell,
      env: {
        ...process.env,
        AWS_REGION: region,
        AWS_DEFAULT_REGION: region,
        ...this.#code.environment,
        AWS_EXECUTION_ENV: 'AWS_Lambda_millrace',
        AWS_LAMBDA_FUNCTION_NAME: name,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
        AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
        AWS_LAMBDA_LOG_STREAM_NAME: 'local',
        LAMBDA_TASK_ROOT: launch.folder,
        _HANDLER: launch.handler,
      },
    });
  }
}
