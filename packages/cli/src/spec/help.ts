import type { CommandSpec } from './command.ts';

export const helpCommands: readonly CommandSpec[] = [
  {
    name: 'help',
    summary: 'explain a command, or a topic: position, where, format, exit-codes',
    examples: [
      { command: 'millrace help position', about: 'how --from is written' },
      { command: 'millrace help streams create', about: 'the same as millrace streams create --help' },
    ],
    arguments: [{ name: 'topic', optional: true, variadic: true, about: 'a topic or a command' }],
    options: [],
    connects: false,
    load: async () => (await import('../commands/help.ts')).help,
  },
];
