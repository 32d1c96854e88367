import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import { readBudget } from './read-budget.ts';

export const keysCommands: readonly CommandSpec[] = [
  {
    name: 'keys analyze',
    summary: 'show how partition keys spread over shards, and what another key would do',
    examples: [
      { command: 'millrace keys analyze orders', about: 'the last five minutes, over the shards it has' },
      {
        command: 'millrace keys analyze a.ndjson --shards 8 --key .customer',
        about: 'for data still to be put',
      },
      { command: 'millrace keys analyze orders --salt 4', about: 'each key in four parts' },
    ],
    arguments: [
      { name: 'source', about: 'a stream, a file, or - for stdin: lines of tail -o ndjson, or values' },
    ],
    options: [
      {
        kind: 'integer',
        name: 'shards',
        value: 'count',
        min: 1,
        max: 10_000,
        about: 'even shards to predict for; default those of the stream',
      },
      {
        kind: 'text',
        name: 'key',
        short: 'k',
        value: 'key',
        about: 'a proposed key: .field of the JSON value, or random',
      },
      {
        kind: 'integer',
        name: 'salt',
        value: 'parts',
        min: 2,
        max: 1000,
        about: 'part each key (the proposed one, if any) so often',
      },
      { kind: 'text', name: 'range', value: 'A..B', default: '-5m..', about: 'of a stream' },
      {
        kind: 'integer',
        name: 'num',
        short: 'n',
        value: 'count',
        min: 1,
        max: 1_000_000_000,
        default: 1_000_000,
        about: 'look at no more than so many records',
      },
      {
        kind: 'integer',
        name: 'top',
        value: 'count',
        min: 1,
        max: 64,
        default: 10,
        about: 'hottest keys to name',
      },
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Memory does not grow with the data. A salt keeps the order of a key only within each of its parts, and a reader must put them together.',
    ],
    load: async () => (await import('../commands/keys-analyze.ts')).keysAnalyze,
  },
];
