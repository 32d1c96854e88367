import { Readable, Writable } from 'node:stream';

import type { Clock } from '@millrace/kinesis/runtime';

import type { Doors } from '../../src/command-context.ts';
import type { Io } from '../../src/io/io.ts';
import { run } from '../../src/run.ts';

export interface CliOptions {
  /** All of it at once, or a stream of one's own. */
  readonly stdin?: string | Uint8Array | Readable;
  readonly stdout?: Writable;
  readonly env?: Readonly<Record<string, string>>;
  readonly tty?: { readonly stdin?: boolean; readonly stdout?: boolean; readonly stderr?: boolean };
  /** Size of the terminal stdout is. */
  readonly room?: Io['room'];
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly doors?: Partial<Doors>;
}

export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Uint8Array;
  /** Each line of stdout as JSON. */
  readonly lines: readonly Record<string, unknown>[];
}

/** Runs a command line in this process and collects what it wrote. */
export async function runCli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const stdout = new Collector();
  const stderr = new Collector();
  const { stdin = '', tty = {}, env = {} } = options;
  const code = await run(
    argv,
    {
      stdin: stdin instanceof Readable ? stdin : Readable.from([Buffer.from(stdin)]),
      stdout: options.stdout ?? stdout,
      stderr,
      env,
      isTTY: { stdin: tty.stdin ?? false, stdout: tty.stdout ?? false, stderr: tty.stderr ?? false },
      room: options.room,
      ...(options.signal && { signal: options.signal }),
      ...(options.clock && { clock: options.clock }),
    },
    options.doors,
  );
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    bytes: stdout.bytes,
    get lines() {
      return stdout.text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
    },
  };
}

/** A writable that keeps what it is given, and tells when something came. */
export class Collector extends Writable {
  readonly #chunks: Buffer[] = [];
  readonly #waiting = new Set<() => void>();

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#chunks.push(chunk);
    for (const wake of this.#waiting) wake();
    done();
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  get text(): string {
    return this.bytes.toString('utf8');
  }

  /** Resolves once what was written satisfies `condition`. */
  async until(condition: (text: string) => boolean): Promise<string> {
    while (!condition(this.text)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          resolve();
        };
        this.#waiting.add(wake);
      });
    }
    return this.text;
  }
}
