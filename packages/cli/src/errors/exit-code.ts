import type { ErrorCode } from '@millrace/kinesis';

/** What the process answers; scripts branch on it, so a number never changes its meaning. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 130;

export const exitCode: {
  readonly ok: 0;
  readonly unexpected: 1;
  readonly usage: 2;
  readonly notFound: 3;
  readonly denied: 4;
  readonly throttled: 5;
  readonly partial: 6;
  readonly checkFailed: 7;
  readonly timedOut: 8;
  readonly interrupted: 130;
} = {
  ok: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  denied: 4,
  throttled: 5,
  partial: 6,
  checkFailed: 7,
  timedOut: 8,
  interrupted: 130,
};

/** The one list that help, documentation and tests show. */
export const exitCodeMeanings: readonly { readonly code: ExitCode; readonly meaning: string }[] = [
  { code: 0, meaning: 'done; also after the first Ctrl-C of a command that runs until stopped' },
  { code: 1, meaning: 'unexpected: the service or the network failed, a port is taken' },
  { code: 2, meaning: 'usage: an unknown command or an option that cannot be used; nothing was done' },
  { code: 3, meaning: 'not found: no such stream, shard or file' },
  { code: 4, meaning: 'not allowed: credentials are missing, wrong or lack a permission' },
  { code: 5, meaning: 'throttled, or over a limit of the service, after retries' },
  { code: 6, meaning: 'partial failure: some records were not stored' },
  { code: 7, meaning: 'a check found something' },
  { code: 8, meaning: 'timed out' },
  { code: 130, meaning: 'interrupted before the work was done, or a second Ctrl-C' },
];

/** The exit code that goes with an error's code. */
export const exitCodeOfError: Readonly<Record<ErrorCode, ExitCode>> = {
  ABORTED: 130,
  ACCESS_DENIED: 4,
  CLOSED: 1,
  CREDENTIALS_INVALID: 4,
  DATA_DAMAGED: 1,
  DATA_MISSING: 3,
  ENDPOINT_UNREACHABLE: 1,
  FOLDER_LOCKED: 1,
  HANDLER_FAILED: 1,
  ITERATOR_EXPIRED: 1,
  LEASE_LOST: 1,
  NOT_EMULATED: 1,
  OPTION_INVALID: 2,
  PEER_MISSING: 1,
  PORT_TAKEN: 1,
  PUT_DEADLINE: 8,
  PUT_REJECTED: 6,
  RECORD_INVALID: 6,
  SERVICE_FAILED: 1,
  STREAM_NOT_FOUND: 3,
  THROTTLED: 5,
  TIMED_OUT: 8,
  VALUE_INVALID: 6,
};
