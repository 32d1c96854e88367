import { isMillraceError, type MillraceError } from '@millrace/kinesis';

import type { Notes } from '../io/notes.ts';
import { exitCode, exitCodeOfError, type ExitCode } from './exit-code.ts';
import { redact } from './redact.ts';

export interface ErrorReport {
  readonly json: boolean;
  readonly debug: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the user stopped it: then that is the reason, whatever call it cut off. */
  readonly interrupted?: boolean;
  /** Whom was asked, for errors of the service; for example `region us-east-1, endpoint http://127.0.0.1:4567`. */
  readonly asked?: string;
}

/** Tells on stderr what happened, why and what to do, and answers with the exit code. */
export function reportError(error: unknown, notes: Notes, report: ErrorReport): ExitCode {
  const told =
    report.interrupted === true && isMillraceError(error, 'ABORTED')
      ? interruption
      : tell(error, report.asked);
  const safe = (text: string): string => redact(text, report.env);
  if (report.json) {
    notes.raw(
      safe(JSON.stringify({ code: told.code, message: told.message, hint: told.hint, ...told.details })),
    );
  } else {
    notes.error(safe(told.message), safe(told.hint), told.asked === undefined ? undefined : safe(told.asked));
  }
  if (report.debug) notes.debug(safe(causes(error)));
  return told.exitCode;
}

/** What happened, without the advice that a MillraceError's message ends with. */
export function whatHappened(error: MillraceError): string {
  const { message, advice } = error;
  return message.endsWith(advice) ? message.slice(0, -advice.length).trimEnd() : message;
}

/** A short reason for a summary line. */
export function reasonOf(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
} {
  if (isMillraceError(error)) return { code: error.code, message: whatHappened(error), hint: error.advice };
  return { code: 'UNEXPECTED', message: error instanceof Error ? error.message : String(error), hint: '' };
}

interface Told {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly asked?: string;
  readonly exitCode: ExitCode;
  readonly details: Readonly<Record<string, string>>;
}

const interruption: Told = {
  code: 'ABORTED',
  message: 'Interrupted before it was done.',
  hint: 'Run it again, and give it the time.',
  exitCode: exitCode.interrupted,
  details: {},
};

function tell(error: unknown, asked: string | undefined): Told {
  if (!isMillraceError(error)) {
    if (isFileError(error)) {
      return {
        ...reasonOf(error),
        message: `${error.message}.`,
        hint: 'Check the name, that every folder of it is there, and that it may be read and written.',
        exitCode: isMissingPath(error) ? exitCode.notFound : exitCode.unexpected,
        details: {},
      };
    }
    return {
      ...reasonOf(error),
      hint: 'This is not an error Millrace knows. Run it again with --debug to see where it comes from.',
      exitCode: exitCode.unexpected,
      details: {},
    };
  }
  const { stream, shardId, service, requestId } = error.details;
  const details = Object.fromEntries(
    Object.entries({ stream, shardId, service, requestId }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  return {
    ...reasonOf(error),
    hint: [error.advice, moreAdvice(error)].filter((part) => part !== '').join(' '),
    ...(asked !== undefined && wasAsked(error) && { asked }),
    exitCode: exitCodeOfError[error.code],
    details,
  };
}

/** One of Node's, about a file or folder the user named: no mystery, and nothing of ours. */
function isFileError(error: unknown): error is NodeJS.ErrnoException & { readonly path: string } {
  return error instanceof Error && 'syscall' in error && 'path' in error && typeof error.path === 'string';
}

function isMissingPath({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** What the library cannot know: that it was called by this command. */
function moreAdvice(error: MillraceError): string {
  if (error.code === 'STREAM_NOT_FOUND' && error.details.shardId === undefined) {
    return 'See the names with: millrace streams ls';
  }
  if (error.code === 'ENDPOINT_UNREACHABLE') return 'For a local Kinesis, start one with: millrace server';
  if (error.code === 'RECORD_INVALID' && error.details.path === 'data') {
    return 'Here --max-record-kib settles it, up to 10240.';
  }
  if (error.code === 'CREDENTIALS_INVALID') return 'For a local Kinesis, pass --local: it needs none.';
  return '';
}

function wasAsked(error: MillraceError): boolean {
  return ![
    'ABORTED',
    'OPTION_INVALID',
    'RECORD_INVALID',
    'VALUE_INVALID',
    'DATA_MISSING',
    'PORT_TAKEN',
  ].includes(error.code);
}

function causes(error: unknown): string {
  const lines: string[] = [];
  for (let seen: unknown = error, depth = 0; seen !== undefined && depth < 10; depth++) {
    const prefix = depth === 0 ? '' : 'caused by: ';
    if (!(seen instanceof Error)) {
      lines.push(`${prefix}${typeof seen === 'string' ? seen : JSON.stringify(seen)}`);
      break;
    }
    lines.push(`${prefix}${seen.stack ?? `${seen.name}: ${seen.message}`}`);
    seen = seen.cause;
  }
  return lines.join('\n');
}
