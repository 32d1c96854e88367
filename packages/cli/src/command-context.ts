import type { LocalServer, ServerOptions } from '@millrace/local';
import type { Clock } from '@millrace/kinesis/runtime';

import type { Kinesis } from './aws/kinesis.ts';
import type { Target } from './aws/target.ts';
import type { Io } from './io/io.ts';
import type { Notes } from './io/notes.ts';
import type { Output } from './io/output.ts';
import type { Options } from './spec/options.ts';

/** Where the commands reach out of the process; a test gives its own. */
export interface Doors {
  readonly openKinesis: (target: Target) => Promise<Kinesis>;
  readonly startServer: (options: ServerOptions) => Promise<LocalServer>;
}

/** What a command is given to do its work. */
export interface CommandContext {
  readonly args: readonly string[];
  readonly options: Options;
  readonly io: Io;
  readonly out: Output;
  readonly notes: Notes;
  readonly clock: Clock;
  /** Fires when the user wants it to stop in good order. */
  readonly signal: AbortSignal;
  /** Whether stdout is to be coloured. */
  readonly colour: boolean;
  /** The one resolved from flags and environment. */
  readonly target: Target;
  /** Opens the target; closed by who runs the command. */
  readonly openKinesis: () => Promise<Kinesis>;
  readonly startServer: Doors['startServer'];
}
