import { Command, CommanderError, Option } from 'commander';

import type { CommandSpec, GroupSpec } from './command.ts';
import { commands, groups, optionsOf } from './commands.ts';
import { commonOptions, connectionOptions } from './global-options.ts';
import { renderCommandHelp, renderGroupHelp, renderRootHelp } from './help-text.ts';
import type { OptionSpec } from './option.ts';
import type { GivenOptions } from './options.ts';

/** What a command line asks for. */
export type Parsed =
  | {
      readonly kind: 'run';
      readonly command: CommandSpec;
      readonly args: readonly string[];
      readonly given: GivenOptions;
    }
  /** Asked for, or (`wanted: false`) shown because a group was called without a command. */
  | { readonly kind: 'help'; readonly text: string; readonly wanted: boolean }
  /** It cannot be understood. */
  | { readonly kind: 'usage'; readonly message: string; readonly advice: string };

/** Reads a command line by the table; help is for a terminal of so many columns. */
export function parse(argv: readonly string[], columns?: number): Parsed {
  const state: { parsed?: Parsed; help: string } = { help: '' };
  const program = build(
    (parsed) => {
      state.parsed = parsed;
    },
    (text) => {
      state.help += text;
    },
    columns,
  );
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') return { kind: 'help', text: state.help, wanted: true };
    if (error.code === 'commander.help') return { kind: 'help', text: state.help, wanted: false };
    return usage(error.message, argv);
  }
  return state.parsed ?? usage('error: there is no command', argv);
}

function build(
  onRun: (parsed: Parsed) => void,
  onText: (text: string) => void,
  columns: number | undefined,
): Command {
  const program = new Command('millrace')
    .exitOverride()
    .enablePositionalOptions()
    .configureOutput({ writeOut: onText, writeErr: onText, outputError: () => {} })
    .helpCommand(false)
    .configureHelp({ formatHelp: () => renderRootHelp(commands, groups, columns) });
  addOptions(program, [...connectionOptions, ...commonOptions]);
  const parents = new Map(groups.map((group) => [group.name, addGroup(program, group, columns)]));
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ');
    const parent = second === undefined ? program : (parents.get(first) ?? program);
    // A command may have others below it, as a group has.
    parents.set(command.name, addCommand(parent, second ?? first, command, onRun, columns));
  }
  return program;
}

function addGroup(program: Command, group: GroupSpec, columns: number | undefined): Command {
  const parent = program
    .command(group.name)
    .helpCommand(false)
    .configureHelp({ formatHelp: () => renderGroupHelp(group, commands, columns) });
  addOptions(parent, [...connectionOptions, ...commonOptions]);
  return parent;
}

function addCommand(
  parent: Command,
  name: string,
  command: CommandSpec,
  onRun: (parsed: Parsed) => void,
  columns: number | undefined,
): Command {
  const leaf = parent.command(name).configureHelp({ formatHelp: () => renderCommandHelp(command, columns) });
  for (const argument of command.arguments) {
    const dots = argument.variadic === true ? '...' : '';
    leaf.argument(argument.optional === true ? `[${argument.name}${dots}]` : `<${argument.name}${dots}>`);
  }
  addOptions(leaf, optionsOf(command));
  leaf.action(() => {
    onRun({ kind: 'run', command, args: leaf.args, given: givenOptions(leaf, optionsOf(command)) });
  });
  return leaf;
}

function addOptions(target: Command, specs: readonly OptionSpec[]): void {
  for (const spec of specs) {
    const short = spec.short === undefined ? '' : `-${spec.short}, `;
    target.addOption(option(spec, `${short}--${spec.name}`));
    for (const alias of spec.aliases ?? []) target.addOption(option(spec, `--${alias}`).hideHelp());
  }
}

function option(spec: OptionSpec, flags: string): Option {
  if (spec.kind === 'flag') return new Option(flags);
  const made = new Option(`${flags} <value>`);
  if (spec.kind === 'list') {
    made.argParser((value: string, before: readonly string[] | undefined) => [...(before ?? []), value]);
  }
  return made;
}

/** What was typed for the command, or before it for the whole program; the nearest counts. */
function givenOptions(leaf: Command, specs: readonly OptionSpec[]): GivenOptions {
  const given = new Map<string, string | boolean | readonly string[]>();
  for (let level: Command | null = leaf; level !== null; level = level.parent) {
    for (const spec of specs) {
      const negated = spec.name.startsWith('no-');
      const attribute = camelCase(negated ? spec.name.slice(3) : spec.name);
      if (given.has(spec.name) || level.getOptionValueSource(attribute) !== 'cli') continue;
      const value: unknown = level.getOptionValue(attribute);
      if (typeof value === 'boolean') given.set(spec.name, negated ? !value : value);
      else if (typeof value === 'string') given.set(spec.name, value);
      else if (Array.isArray(value)) given.set(spec.name, value.map(String));
    }
  }
  return given;
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}

function usage(message: string, argv: readonly string[]): Parsed {
  const [what = '', meant = ''] = message.replace(/^error: /, '').split('\n');
  const sentence = `${what.charAt(0).toUpperCase()}${what.slice(1)}.`;
  const guess = /^\(Did you mean (.+)\?\)$/.exec(meant)?.[1]?.replace(/^one of /, '');
  const words = argv.filter((word) => !word.startsWith('-')).join(' ');
  const command = commands.find(({ name }) => `${words} `.startsWith(`${name} `));
  const see = `See: millrace ${command === undefined ? '' : `${command.name} `}--help`;
  return {
    kind: 'usage',
    message: sentence,
    advice: guess === undefined ? see : `Did you mean ${guess}? ${see}`,
  };
}
