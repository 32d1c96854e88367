import type { CommandContext, Doors } from './command-context.ts';
import { exitCode, type ExitCode } from './errors/exit-code.ts';
import type { Io } from './io/io.ts';
import { Notes } from './io/notes.ts';
import { Output } from './io/output.ts';
import { wantsColour } from './io/paint.ts';
import { commands, groups, optionsOf } from './spec/commands.ts';
import { renderRootHelp } from './spec/help-text.ts';
import type { Parsed } from './spec/parse.ts';
import { readVersion } from './version.ts';

/**
 * Runs one command line in this process and answers its exit code; never rejects. Data goes to `io.stdout`, all else to
 * `io.stderr`. Nothing of the process itself is touched.
 *
 * @example
 * ```ts
 * const code = await run(['streams', 'ls', '--local', '--json'], io);
 * ```
 */
export async function run(argv: readonly string[], io: Io, doors: Partial<Doors> = {}): Promise<ExitCode> {
  const out = new Output(io.stdout);
  const settings = peek(argv);
  try {
    const code = await attempt(argv, io, out, settings, doors);
    await out.flush();
    return code;
  } catch (error) {
    const { reportError } = await import('./errors/report-error.ts');
    const colour = wantsColour(settings.colour, io.env, io.isTTY.stderr);
    return reportError(error, new Notes(io.stderr, { colour }), {
      json: settings.json,
      debug: settings.debug,
      env: io.env,
      interrupted: io.signal?.aborted === true,
      ...(settings.asked !== undefined && { asked: settings.asked }),
    });
  }
}

/** How errors are to be told, known as far as the command line could be read. */
interface Settings {
  json: boolean;
  debug: boolean;
  colour: 'auto' | 'always' | 'never';
  asked?: string;
}

/** A command line that cannot be parsed may still say how to tell so. */
function peek(argv: readonly string[]): Settings {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  return { json: words.includes('--json'), debug: words.includes('--debug'), colour: 'auto' };
}

async function attempt(
  argv: readonly string[],
  io: Io,
  out: Output,
  settings: Settings,
  doors: Partial<Doors>,
): Promise<ExitCode> {
  // Answered without the parser: the most common first call must not wait for it.
  const [first] = argv;
  if (first === undefined || (argv.length === 1 && (first === '--help' || first === '-h'))) {
    await out.write(renderRootHelp(commands, groups, io.room?.columns));
    return exitCode.ok;
  }
  if (first === '--version' || first === '-V') {
    await out.line(readVersion());
    return exitCode.ok;
  }
  const { parse } = await import('./spec/parse.ts');
  const parsed = parse(argv, io.room?.columns);
  if (parsed.kind === 'usage') {
    const { MillraceError } = await import('@millrace/kinesis');
    throw new MillraceError('OPTION_INVALID', parsed.message, { advice: parsed.advice });
  }
  if (parsed.kind === 'help') {
    if (parsed.wanted) await out.write(parsed.text);
    else io.stderr.write(parsed.text);
    return parsed.wanted ? exitCode.ok : exitCode.usage;
  }
  return runCommand(parsed, io, out, settings, doors);
}

async function runCommand(
  { command, args, given }: Extract<Parsed, { kind: 'run' }>,
  io: Io,
  out: Output,
  settings: Settings,
  doors: Partial<Doors>,
): Promise<ExitCode> {
  const [{ Options }, { systemClock }, { describeTarget, resolveTarget }] = await Promise.all([
    import('./spec/options.ts'),
    import('@millrace/kinesis/runtime'),
    import('./aws/target.ts'),
  ]);
  settings.json = given.get('json') === true;
  settings.debug = given.get('debug') === true;
  const options = new Options(optionsOf(command), given, io.env);
  const colour =
    options.text('color') === 'always' ? 'always' : options.text('color') === 'never' ? 'never' : 'auto';
  settings.colour = colour;
  const target = command.connects ? resolveTarget(options, io.env) : { loopback: true };
  if (command.connects) settings.asked = describeTarget(target);
  const openKinesis =
    doors.openKinesis ?? (async (where) => (await import('./aws/kinesis.ts')).openKinesis(where));
  const context: CommandContext = {
    args,
    options,
    io,
    out,
    notes: new Notes(io.stderr, {
      quiet: options.flag('quiet'),
      colour: wantsColour(colour, io.env, io.isTTY.stderr),
      isTTY: io.isTTY.stderr,
    }),
    clock: io.clock ?? systemClock,
    signal: io.signal ?? new AbortController().signal,
    colour: wantsColour(colour, io.env, io.isTTY.stdout),
    target,
    openKinesis: () => openKinesis(target),
    startServer:
      doors.startServer ??
      (async (wanted) => {
        const { keepYoungGenerationSmall, startServer } = await import('@millrace/local');
        const server = await startServer(wanted);
        // From here on the process serves, and does nothing else.
        await keepYoungGenerationSmall();
        return server;
      }),
  };
  const execute = await command.load();
  return execute(context);
}
