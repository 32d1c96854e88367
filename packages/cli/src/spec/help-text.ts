import type { ArgumentSpec, CommandSpec, GroupSpec } from './command.ts';
import { commonOptions, connectionOptions } from './global-options.ts';
import type { OptionSpec } from './option.ts';

/** As wide as it gets, and as narrow: beyond either a line is hard to read. */
const widest = 100;
const narrowest = 70;

/** `millrace --help`. */
export function renderRootHelp(
  commands: readonly CommandSpec[],
  groups: readonly GroupSpec[],
  columns?: number,
): string {
  const { table, optionTable } = layout(columns);
  const grouped = (name: string): boolean => groups.some((group) => name.startsWith(`${group.name} `));
  const rows = [
    ...commands.filter(({ name }) => !grouped(name)).map(({ name, summary }) => [name, summary] as const),
    ...groups.map(({ name, summary }) => [name, summary] as const),
  ];
  return page([
    'millrace: run, feed, read and inspect Kinesis streams, on AWS or on this machine',
    section('Try it, without an AWS account', [
      ...table([
        ['millrace server --stream orders:2', 'a Kinesis on this machine'],
        [`millrace put orders '{"id":1}' --local`, 'in another terminal'],
        ['millrace tail orders --from oldest --local', 'and there it is'],
      ]),
    ]),
    section('Commands', table(rows)),
    section('Which Kinesis', optionTable(connectionOptions)),
    section('Everywhere', optionTable([...commonOptions, ...rootOptions])),
    'More: millrace help position, where, format or exit-codes',
  ]);
}

/** `millrace streams --help`. */
export function renderGroupHelp(
  group: GroupSpec,
  commands: readonly CommandSpec[],
  columns?: number,
): string {
  const { table, wrap } = layout(columns);
  const members = commands.filter(({ name }) => name.startsWith(`${group.name} `));
  return page([
    wrap(`millrace ${group.name}: ${group.summary}`, 0).join('\n'),
    section('Commands', table(members.map(({ name, summary }) => [name, summary]))),
    `More: millrace ${group.name} <command> --help`,
  ]);
}

/** `millrace put --help`. */
export function renderCommandHelp(command: CommandSpec, columns?: number): string {
  const { table, optionTable, wrap } = layout(columns);
  return page([
    wrap(`millrace ${command.name}: ${command.summary}`, 0).join('\n'),
    section('Usage', [usageOf(command)]),
    section(
      'Examples',
      command.examples.flatMap((example) => [example.command, ...wrap(example.about, 4)]),
    ),
    section(
      'Arguments',
      table(command.arguments.map((argument) => [argumentName(argument), argument.about])),
    ),
    section('Options', optionTable(command.options)),
    ...(command.connects ? [section('Which Kinesis', optionTable(connectionOptions))] : []),
    section('Everywhere', optionTable([...commonOptions, helpOption])),
    (command.notes ?? []).flatMap((note) => wrap(note, 0)).join('\n'),
  ]);
}

/** `millrace put [options] <stream> [value]`. */
export function usageOf(command: CommandSpec): string {
  const args = command.arguments.map((argument) =>
    argument.optional === true ? `[${argumentName(argument)}]` : `<${argumentName(argument)}>`,
  );
  return ['millrace', command.name, '[options]', ...args].join(' ');
}

/** `-k, --key <key>`. */
export function flagsOf(spec: OptionSpec): string {
  const short = spec.short === undefined ? '' : `-${spec.short}, `;
  const value = spec.kind === 'flag' ? '' : ` <${spec.value}>`;
  return `${short}--${spec.name}${value}`;
}

/** What an option does, with its choices, default and environment variables. */
export function aboutOf(spec: OptionSpec): string {
  const facts = [
    ...('choices' in spec && spec.choices !== undefined ? [spec.choices.join(' | ')] : []),
    ...('default' in spec && spec.default !== undefined ? [`default ${spec.default}`] : []),
    ...(spec.kind === 'list' ? ['repeatable'] : []),
    ...(spec.env === undefined ? [] : [spec.env.join(', ')]),
  ];
  return facts.length === 0 ? spec.about : `${spec.about} (${facts.join('; ')})`;
}

const helpOption: OptionSpec = { kind: 'flag', name: 'help', short: 'h', about: 'this text' };
const rootOptions: readonly OptionSpec[] = [
  { kind: 'flag', name: 'version', short: 'V', about: 'the version of millrace' },
  helpOption,
];

function argumentName({ name, variadic }: ArgumentSpec): string {
  return variadic === true ? `${name}...` : name;
}

function page(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

interface Layout {
  /** Two columns; what does not fit goes on below, indented. */
  readonly table: (rows: readonly (readonly [string, string])[]) => readonly string[];
  readonly optionTable: (options: readonly OptionSpec[]) => readonly string[];
  readonly wrap: (text: string, indent: number) => string[];
}

/** For a terminal of so many columns; default: the widest. */
function layout(columns = widest): Layout {
  const width = Math.min(widest, Math.max(narrowest, columns));
  const wrap: Layout['wrap'] = (text, indent) => {
    const lines: string[] = [];
    let line = '';
    for (const word of text.split(' ')) {
      if (line !== '' && indent + line.length + 1 + word.length > width - 2) {
        lines.push(' '.repeat(indent) + line);
        line = word;
      } else line = line === '' ? word : `${line} ${word}`;
    }
    return [...lines, ' '.repeat(indent) + line];
  };
  const table: Layout['table'] = (rows) => {
    // The right column keeps room for a few words.
    const most = Math.min(44, Math.floor(width / 2));
    const left = Math.min(most, Math.max(0, ...rows.map(([name]) => name.length)) + 2);
    return rows.flatMap(([name, about]) => {
      const lines = wrap(about, left);
      if (name.length + 2 > left) return [name, ...lines];
      const [first = '', ...rest] = lines;
      return [name.padEnd(left) + first.trimStart(), ...rest];
    });
  };
  const optionTable: Layout['optionTable'] = (options) =>
    table(
      options.map((spec) => [
        spec.short === undefined ? `    ${flagsOf(spec)}` : flagsOf(spec),
        aboutOf(spec),
      ]),
    );
  return { table, optionTable, wrap };
}
