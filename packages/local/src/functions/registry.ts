import {
  optionError,
  toMilliseconds,
  type Clock,
  type Duration,
  integerOption,
} from '@millrace/kinesis/runtime';

import { parseFunctionName } from '../event-source/function-name.ts';
import type { Invoker, InvokeResult } from '../event-source/invoker.ts';
import { newUuid } from '../event-source/uuid.ts';
import type {
  FunctionEvent,
  FunctionListener,
  FunctionSettings,
  LambdaHandler,
  Runtime,
} from './function.ts';
import type { HandlerFile } from './handler-file.ts';
import { createInProcessRuntime } from './in-process.ts';

/** A function for the local Lambda, and what it may use. */
export interface FunctionOptions {
  /** Up to 64 letters, digits, - and _. Default: the file's, or `function-1`, `function-2`, … */
  readonly name?: string;
  /** Default 3 seconds, at most 15 minutes. */
  readonly timeout?: Duration;
  /** Default 128. The heap of a Node process in its own environment; otherwise only told. */
  readonly memoryMb?: number;
  /** Invocations at a time; more are throttled. Default 1,000, as an account has. */
  readonly concurrency?: number;
  /** Hears what the function does and writes. */
  readonly onEvent?: FunctionListener;
}

export interface RegistryOptions {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** Hears of every function. */
  readonly tell: (name: string, event: FunctionEvent) => void;
}

/** A function of the local Lambda. */
export class LocalFunction {
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly settings: FunctionSettings;
  /** What runs it: a file, or undefined for a function of this process. */
  readonly code: HandlerFile | undefined;
  readonly #runtime: Runtime;
  readonly #uuid: () => string;

  constructor(
    init: { readonly arn: string; readonly roleArn: string; readonly code: HandlerFile | undefined },
    settings: FunctionSettings,
    runtime: Runtime,
    uuid: () => string,
  ) {
    this.name = settings.name;
    this.arn = init.arn;
    this.roleArn = init.roleArn;
    this.code = init.code;
    this.settings = settings;
    this.#runtime = runtime;
    this.#uuid = uuid;
  }

  /** Invokes it once. Never rejects. `event` is not copied. */
  invoke(event: unknown, functionArn: string = this.arn): Promise<InvokeResult> {
    return this.#runtime.invoke({ requestId: this.#uuid(), functionArn, event });
  }

  /** As a mapping invokes it, under the ARN the mapping has for it. */
  invoker(functionArn: string): Invoker {
    return { functionArn, roleArn: this.roleArn, invoke: (event) => this.invoke(event, functionArn) };
  }

  close(): Promise<void> {
    return this.#runtime.close();
  }
}

/** The functions of the local Lambda, by name: registered, never deployed. */
export class FunctionRegistry {
  /** Hear of every function, as long as they are in here. */
  readonly listeners: Set<(name: string, event: FunctionEvent) => void> = new Set();
  readonly #options: RegistryOptions;
  readonly #functions = new Map<string, LocalFunction>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  get all(): readonly LocalFunction[] {
    return [...this.#functions.values()];
  }

  /** Adds a function of this process, or of a file. Throws `OPTION_INVALID`, and as `launchOf` for a file. */
  async add(code: LambdaHandler | HandlerFile, options: FunctionOptions = {}): Promise<LocalFunction> {
    const { clock, region, accountId, tell } = this.#options;
    const name = this.#nameOf(code, options.name);
    const settings: FunctionSettings = {
      name,
      region,
      timeoutMs: timeoutOf(options.timeout ?? 3000),
      memoryMb: integerOption('function.memoryMb', options.memoryMb ?? 128, 128, 10_240),
      concurrency: integerOption('function.concurrency', options.concurrency ?? 1000, 0, 1_000_000),
    };
    const hear: FunctionListener = (event) => {
      tell(name, event);
      for (const listener of this.listeners) listener(name, event);
      options.onEvent?.(event);
    };
    const runtime =
      typeof code === 'function'
        ? createInProcessRuntime(code, settings, clock, hear)
        : (await import('./isolated.ts')).createIsolatedRuntime(code, settings, clock, hear);
    const added = new LocalFunction(
      {
        arn: `arn:aws:lambda:${region}:${accountId}:function:${name}`,
        roleArn: `arn:aws:iam::${accountId}:role/${name}`,
        code: typeof code === 'function' ? undefined : code,
      },
      settings,
      runtime,
      () => newUuid(clock),
    );
    await this.#functions.get(name)?.close();
    this.#functions.set(name, added);
    return added;
  }

  /** The function a name or an ARN means, and the ARN with the qualifier it was named with. */
  find(name: string): { readonly found: LocalFunction; readonly arn: string } | undefined {
    const parsed = parseFunctionName(name);
    const found = parsed === undefined ? undefined : this.#functions.get(parsed.name);
    if (parsed === undefined || found === undefined) return undefined;
    const { qualifier } = parsed;
    return { found, arn: qualifier === undefined ? found.arn : `${found.arn}:${qualifier}` };
  }

  async close(): Promise<void> {
    await Promise.all(this.all.map((one) => one.close()));
    this.#functions.clear();
  }

  #nameOf(code: LambdaHandler | HandlerFile, given: string | undefined): string {
    if (given !== undefined) {
      if (/^[a-zA-Z0-9-_]{1,64}$/.test(given)) return given;
      throw optionError('function.name', given, 'up to 64 letters, digits, - and _');
    }
    if (typeof code !== 'function') {
      const [stem = ''] = String(code.file).split(/[/\\]/).at(-1)?.split('.') ?? [];
      const name = stem.replaceAll(/[^a-zA-Z0-9-_]/g, '-').slice(0, 64);
      if (name !== '') return name;
    }
    return `function-${this.#functions.size + 1}`;
  }
}

function timeoutOf(timeout: Duration): number {
  const milliseconds = toMilliseconds(timeout, 'function.timeout');
  if (milliseconds >= 1 && milliseconds <= 900_000) return milliseconds;
  throw optionError('function.timeout', timeout, "'1ms' to '15m'");
}
