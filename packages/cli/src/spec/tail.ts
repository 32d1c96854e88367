import type { CommandSpec } from './command.ts';
import { readBudget } from './read-budget.ts';
import { recordCount } from './record-count.ts';

export const tailCommands: readonly CommandSpec[] = [
  {
    name: 'tail',
    summary: 'read records from every shard of a stream, and go on as they come',
    examples: [
      { command: 'millrace tail orders', about: 'from now on' },
      {
        command: 'millrace tail orders --from -15m --grep refund',
        about: 'the last 15 minutes, where the value matches',
      },
      {
        command: 'millrace tail orders --from oldest --exit-at-end -o raw | jq .total',
        about: 'all there is, then stop',
      },
      {
        command: `millrace tail orders --range -2h..-1h --where 'value.total > 100'`,
        about: 'one hour, where the expression holds',
      },
      { command: 'millrace tail orders --last 20', about: 'the newest 20, and what comes' },
    ],
    arguments: [{ name: 'stream', about: 'name of the stream' }],
    options: [
      {
        kind: 'text',
        name: 'from',
        value: 'position',
        about:
          'oldest, now, -15m, an ISO time, or with one --shard after:<sequence>; default now; see millrace help position',
      },
      {
        kind: 'text',
        name: 'to',
        value: 'position',
        about: 'stop there, itself not included; default: go on',
      },
      { kind: 'text', name: 'range', value: 'A..B', about: '--from A --to B in one, such as -2h..-1h' },
      {
        kind: 'integer',
        name: 'last',
        value: 'count',
        min: 1,
        max: 100_000,
        about: 'begin with the last so many records instead (of those that are wanted), then go on unless -e',
      },
      recordCount,
      {
        kind: 'flag',
        name: 'exit-at-end',
        short: 'e',
        about: 'stop when every shard is read to its newest record',
      },
      {
        kind: 'list',
        name: 'shard',
        value: 'id',
        about: 'only this shard (3 stands for shardId-000000000003), without following its children',
      },
      { kind: 'list', name: 'key', short: 'k', value: 'key', about: 'only records with this partition key' },
      { kind: 'text', name: 'grep', value: 'regexp', about: 'only records whose value matches' },
      {
        kind: 'text',
        name: 'where',
        value: 'expression',
        about: 'only records for which it holds, such as value.total > 100; see millrace help where',
      },
      {
        kind: 'text',
        name: 'decode',
        value: 'how',
        choices: ['auto', 'none'],
        about:
          'auto: unpack gzip; none: write bytes as they are; default auto for pretty, else none (--grep and --where always look inside)',
      },
      {
        kind: 'flag',
        name: 'no-deaggregate',
        about: 'leave KPL aggregates closed: records as they are stored',
      },
      {
        kind: 'text',
        name: 'output',
        short: 'o',
        value: 'format',
        choices: ['pretty', 'ndjson', 'raw', 'keys'],
        about: 'default: pretty on a terminal, else ndjson; see millrace help format',
      },
      {
        kind: 'duration',
        name: 'poll',
        value: 'duration',
        about: 'time between two reads of a shard; default 1s, and 100ms on this machine',
      },
      readBudget,
      {
        kind: 'duration',
        name: 'timeout',
        value: 'duration',
        about: 'stop after so long; exit code 8 when --num or --exit-at-end was not reached',
      },
    ],
    connects: true,
    notes: [
      'Opens KPL aggregates and follows splits and merges. Keeps no checkpoint anywhere.',
      'A shard of a real stream serves 5 reads a second to all its readers together: one a second leaves the others theirs.',
    ],
    load: async () => (await import('../commands/tail.ts')).tail,
  },
];
