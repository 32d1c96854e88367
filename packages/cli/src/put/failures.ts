import { isMillraceError, type ErrorCode } from '@millrace/kinesis';

import { exitCode, exitCodeOfError, type ExitCode } from '../errors/exit-code.ts';
import { reasonOf } from '../errors/report-error.ts';
import type { Item } from './items.ts';

/** One record that was not stored, for the summary. */
export interface Failure {
  readonly line: number;
  readonly input: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
}

/** After one of these the next record would fail the same way. */
const fatal: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'ACCESS_DENIED',
  'CREDENTIALS_INVALID',
  'OPTION_INVALID',
  'PEER_MISSING',
  'STREAM_NOT_FOUND',
]);

const shown = 5;

/** What went wrong: the first few failures in full, the rest as numbers. */
export class Failures {
  readonly first: Failure[] = [];
  /** The very first. */
  error: unknown;
  readonly #exitCodes = new Set<ExitCode>();
  #count = 0;
  #fatal: unknown;

  get count(): number {
    return this.#count;
  }

  /** The error that makes going on useless. */
  get fatal(): unknown {
    return this.#fatal;
  }

  add(error: unknown, item: Item): void {
    if (this.#count++ === 0) this.error = error;
    this.#exitCodes.add(exitCodeOf(error));
    if (isFatal(error)) this.#fatal ??= error;
    if (this.first.length >= shown) return;
    const { line } = item;
    const input = new TextDecoder().decode(line.bytes.subarray(0, 200)).slice(0, 60);
    this.first.push({ line: line.number, input, ...reasonOf(error) });
  }

  /**
   * 6 when some records were stored or failures differ; when nothing was stored for one reason, that reason's; that of an
   * interruption when nothing else was wrong.
   */
  exitCode(delivered: number): ExitCode {
    if (this.#count === 0) return exitCode.ok;
    const [only] = this.#exitCodes;
    if (only === undefined || this.#exitCodes.size > 1) return exitCode.partial;
    return delivered === 0 || only === exitCode.interrupted ? only : exitCode.partial;
  }
}

function isFatal(error: unknown): boolean {
  if (!isMillraceError(error)) return true;
  return fatal.has(error.code) || (error.code === 'ENDPOINT_UNREACHABLE' && !error.retryable);
}

/** A deadline says little; what the last attempt failed with says more. */
function exitCodeOf(error: unknown): ExitCode {
  if (!isMillraceError(error)) return exitCode.unexpected;
  if (error.code === 'PUT_DEADLINE' && isMillraceError(error.cause)) return exitCodeOf(error.cause);
  // The user did not wait for it.
  if (error.code === 'CLOSED') return exitCode.interrupted;
  return exitCodeOfError[error.code];
}
