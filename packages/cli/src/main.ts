import { setMaxListeners } from 'node:events';
import process from 'node:process';
import { isatty } from 'node:tty';

import { exitCode } from './errors/exit-code.ts';
import { run } from './run.ts';

/**
 * The process around {@link run}: the first Ctrl-C (or SIGTERM, SIGHUP) asks the command to stop in good order, the
 * second ends it at once.
 */
export async function main(): Promise<void> {
  // It tells of Node versions that later SDKs will need: nothing to a user of this command, on every call.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  // Everything under way waits for the same Ctrl-C, shard by shard; Node would call more than ten of them a leak.
  setMaxListeners(0);
  const stopping = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stopping.signal.aborted) process.exit(exitCode.interrupted);
      stopping.abort(new Error(signal));
    });
  }
  const code = await run(process.argv.slice(2), {
    // Opening stdin costs time, and few commands read it.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    isTTY: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    get room() {
      // Undefined where it is no terminal, whatever the types say.
      const { columns, rows } = process.stdout;
      return columns > 0 && rows > 0 ? { columns, rows } : undefined;
    },
    signal: stopping.signal,
  });
  // Everything is written; whatever a library still keeps open must not hold the prompt back.
  process.exit(code);
}
