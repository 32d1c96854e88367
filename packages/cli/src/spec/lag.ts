import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import { readBudget } from './read-budget.ts';

export const lagCommands: readonly CommandSpec[] = [
  {
    name: 'lag',
    summary: 'show how far the readers of a stream are behind, shard by shard',
    examples: [
      { command: 'millrace lag orders', about: 'every group, fan-out consumer and event source mapping' },
      { command: 'millrace lag orders --watch', about: 'again and again, in place' },
      { command: 'millrace lag orders --group billing --max 5m', about: 'exit code 7 when it is more' },
      { command: 'millrace lag orders --explain', about: 'why, what to do, and when it will have caught up' },
    ],
    arguments: [{ name: 'stream', optional: true, about: 'name of the stream; default: that of --group' }],
    options: [
      { kind: 'list', name: 'group', value: 'name', about: 'only this group' },
      { kind: 'duration', name: 'max', value: 'duration', about: 'exit code 7 when any is further behind' },
      {
        kind: 'flag',
        name: 'watch',
        short: 'w',
        about: 'go on until stopped; with --max, until that is passed',
      },
      {
        kind: 'duration',
        name: 'interval',
        value: 'duration',
        default: '5s',
        about: 'with --watch: time between two looks',
      },
      { kind: 'flag', name: 'explain', about: 'say what keeps readers behind' },
      {
        kind: 'duration',
        name: 'window',
        value: 'duration',
        default: '10s',
        about: 'with --explain: time between its two looks',
      },
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Behind is the age of the oldest record that is not handled yet; records are stored ones, an aggregate counts once, and ~ says that they are reckoned from a sample. Two small reads a shard at most.',
      'Fan-out consumers and event source mappings keep their own checkpoints: what CloudWatch says of them is shown.',
    ],
    load: async () => (await import('../commands/lag.ts')).lag,
  },
];
