export type { Doors } from './command-context.ts';
export { exitCode, type ExitCode } from './errors/exit-code.ts';
export type { Io } from './io/io.ts';
export { run } from './run.ts';
