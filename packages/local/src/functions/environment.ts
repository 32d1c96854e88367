import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { nextTurn, type Clock } from '@millrace/kinesis/runtime';

import {
  timedOut,
  type FunctionListener,
  type FunctionSettings,
  type InvocationRequest,
} from './function.ts';
import { openRuntimeApi, type RuntimeApi, type RuntimeMessages } from './runtime-api.ts';

export interface EnvironmentInit {
  readonly settings: FunctionSettings;
  /** What to start, and with what. */
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Somebody may stop at a breakpoint: nothing is late. */
  readonly patient: boolean;
  readonly clock: Clock;
  readonly tell: FunctionListener;
}

/** How an invocation in an environment ended. */
export interface EnvironmentResult {
  readonly outcome:
    | { readonly type: 'response'; readonly response: unknown }
    | { readonly type: 'error'; readonly error: { readonly type: string; readonly message: string } };
  readonly durationMs: number;
  readonly initMs?: number;
  readonly maxMemoryMb?: number;
}

type Outcome = EnvironmentResult['outcome'];

/** How long an init may take: Lambda's 10 seconds. */
const longestInitMs = 10_000;

/**
 * A process that runs a handler, for one invocation at a time, and stays for the next. It is dead once it has exited,
 * failed its init or taken too long.
 */
export class Environment implements RuntimeMessages {
  readonly #init: EnvironmentInit;
  readonly #startedAt: number;
  #starting: Promise<void> | undefined;
  #api: RuntimeApi | undefined;
  #child: ChildProcess | undefined;
  #dead: Outcome | undefined;
  #readyAt: number | undefined;
  #initTold = false;
  #requestId: string | undefined;
  #memory: number | undefined;
  #wakeInit: () => void = () => {};
  #end: (outcome: Outcome) => void = () => {};

  constructor(init: EnvironmentInit) {
    this.#init = init;
    this.#startedAt = init.clock.monotonic();
  }

  get dead(): boolean {
    return this.#dead !== undefined;
  }

  /** Starts the process, if it has not been; resolves when it asks for work or is dead. */
  start(): Promise<void> {
    this.#starting ??= this.#launch();
    return this.#starting;
  }

  /** Never rejects. */
  async invoke(request: InvocationRequest): Promise<EnvironmentResult> {
    const { clock, settings, patient } = this.#init;
    this.#requestId = request.requestId;
    await this.start();
    const startedAt = clock.monotonic();
    const initMs =
      this.#initTold || this.#readyAt === undefined ? undefined : this.#readyAt - this.#startedAt;
    this.#initTold = true;
    const outcome = await (this.#dead ?? this.#run(request, patient ? undefined : settings.timeoutMs));
    const durationMs = clock.monotonic() - startedAt;
    // What it wrote before it answered is on its way, through another pipe.
    await nextTurn();
    const maxMemoryMb = this.#memory;
    this.#requestId = undefined;
    return {
      outcome,
      durationMs,
      ...(initMs === undefined ? {} : { initMs }),
      ...(maxMemoryMb === undefined ? {} : { maxMemoryMb }),
    };
  }

  /** Ends the process. Idempotent. */
  close(): void {
    this.#die({
      type: 'error',
      error: { type: 'Runtime.ExitError', message: 'The environment was closed.' },
    });
  }

  ready(): void {
    this.#readyAt ??= this.#init.clock.monotonic();
    this.#wakeInit();
  }

  responded(requestId: string, body: string, maxMemoryMb: number | undefined): void {
    if (requestId !== this.#requestId) return;
    this.#memory = maxMemoryMb;
    const response = parse(body);
    this.#end(
      response === invalid
        ? { type: 'error', error: { type: 'Runtime.InvalidResponse', message: 'The response is not JSON.' } }
        : { type: 'response', response },
    );
  }

  failed(requestId: string, body: string, maxMemoryMb: number | undefined): void {
    if (requestId !== this.#requestId) return;
    this.#memory = maxMemoryMb;
    this.#end({ type: 'error', error: errorOf(body) });
  }

  initFailed(body: string): void {
    this.#die({ type: 'error', error: errorOf(body) });
  }

  #run(request: InvocationRequest, timeoutMs: number | undefined): Promise<Outcome> {
    const { clock } = this.#init;
    return new Promise((resolve) => {
      const timer =
        timeoutMs === undefined
          ? undefined
          : clock.timer(timeoutMs, () =>
              this.#die({ type: 'error', error: timedOut(request.requestId, timeoutMs) }),
            );
      this.#end = (outcome) => {
        timer?.[Symbol.dispose]();
        this.#end = () => {};
        resolve(outcome);
      };
      this.#api?.give({
        requestId: request.requestId,
        functionArn: request.functionArn,
        deadline: clock.now() + (timeoutMs ?? 900_000),
        payload: JSON.stringify(request.event),
      });
    });
  }

  async #launch(): Promise<void> {
    if (this.#dead !== undefined) return;
    const { clock, patient } = this.#init;
    this.#api = await openRuntimeApi(this);
    if (this.#dead !== undefined) {
      this.#api.close();
      return;
    }
    this.#child = this.#spawn(this.#api.address);
    await new Promise<void>((resolve) => {
      const late = patient
        ? undefined
        : clock.timer(longestInitMs, () => {
            const message = `The init took longer than ${longestInitMs / 1000} seconds.`;
            this.#die({ type: 'error', error: { type: 'Sandbox.InitTimeout', message } });
          });
      this.#wakeInit = () => {
        late?.[Symbol.dispose]();
        resolve();
      };
      if (this.#dead !== undefined) this.#wakeInit();
    });
  }

  #spawn(address: string): ChildProcess {
    const { command, args, env, tell } = this.#init;
    const child = spawn(command, args, {
      env: { ...env, AWS_LAMBDA_RUNTIME_API: address },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    child.on('error', (error) => {
      this.#die({
        type: 'error',
        error: { type: 'Runtime.ExitError', message: `Cannot start ${command}: ${error.message}` },
      });
    });
    child.on('exit', (code, signal) => {
      const how = signal === null ? `exit status ${code}` : `signal: ${signal}`;
      const message = `RequestId: ${this.#requestId ?? ''} Error: Runtime exited with error: ${how}`;
      this.#die({ type: 'error', error: { type: 'Runtime.ExitError', message } });
    });
    const log = (line: string): void => {
      const url = /^Debugger listening on (ws:\S+)/.exec(line)?.[1];
      if (url !== undefined) tell({ type: 'inspect', url });
      else if (!debuggerChatter.test(line)) tell({ type: 'log', requestId: this.#requestId, line });
    };
    for (const stream of [child.stdout, child.stderr]) readLines(stream, log);
    return child;
  }

  #die(outcome: Outcome): void {
    if (this.#dead !== undefined) return;
    this.#dead = outcome;
    this.#child?.kill('SIGKILL');
    this.#api?.close();
    this.#wakeInit();
    this.#end(outcome);
  }
}

const debuggerChatter =
  /^(?:For help, see: https:\/\/nodejs\.org|Debugger attached\.|Waiting for the debugger|Debugger ending on )/;

function readLines(stream: Readable | null, each: (line: string) => void): void {
  if (stream !== null)
    createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', each);
}

const invalid = Symbol('invalid');

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return invalid;
  }
}

function errorOf(body: string): { readonly type: string; readonly message: string } {
  const value = parse(body);
  if (typeof value !== 'object' || value === null) return { type: 'Unknown', message: body };
  const type = 'errorType' in value ? String(value.errorType) : 'Unknown';
  return { type, message: 'errorMessage' in value ? String(value.errorMessage) : body };
}
