import type { CommandSpec } from './command.ts';
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
    ],
    arguments: [{ name: 'stream', about: 'name of the stream' }],
    options: [
      {
        kind: 'text',
        name: 'from',
        value: 'position',
        default: 'now',
        about:
          'oldest, now, -15m, an ISO time, or with one --shard after:<sequence>; see millrace help position',
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
