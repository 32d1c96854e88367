import type { ExitCode } from '../errors/exit-code.ts';
import type { CommandContext } from '../command-context.ts';
import type { OptionSpec } from './option.ts';

/** Runs a command to its end; throws what went wrong. */
export type CommandRun = (context: CommandContext) => Promise<ExitCode>;

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
  readonly optional?: boolean;
  /** Takes all that follow; only the last may. */
  readonly variadic?: boolean;
}

export interface Example {
  readonly command: string;
  readonly about: string;
}

/** One command. Its code is loaded only when it runs, so that no command pays for another. */
export interface CommandSpec {
  /** As it is typed, with its group: `streams create`. */
  readonly name: string;
  readonly summary: string;
  readonly examples: readonly Example[];
  readonly arguments: readonly ArgumentSpec[];
  readonly options: readonly OptionSpec[];
  /** Whether it talks to a Kinesis, and so takes the options that say which. */
  readonly connects: boolean;
  /** Said below the options. */
  readonly notes?: readonly string[];
  readonly load: () => Promise<CommandRun>;
}

/** Commands that belong together. */
export interface GroupSpec {
  readonly name: string;
  readonly summary: string;
}
