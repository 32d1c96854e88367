import type { Readable, Writable } from 'node:stream';

import type { Clock } from '@millrace/kinesis/runtime';

/** Of a terminal, in cells and lines. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

/** What a run of the command has of the world; a test gives its own. */
export interface Io {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** What the commands read. The AWS SDK looks for credentials and configuration in the process's own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Which of the three is a terminal. */
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** How much the terminal that stdout is can show; it may change. Default: everything. */
  readonly room?: Room | undefined;
  /** Fires when the user wants it to stop in good order: the first Ctrl-C, or SIGTERM. Default: never. */
  readonly signal?: AbortSignal;
  /** Default: the machine's own. */
  readonly clock?: Clock;
}
