import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import type { OptionSpec } from './option.ts';

const stream = { name: 'stream', about: 'name of the stream' } as const;

const changeOptions: readonly OptionSpec[] = [
  { kind: 'flag', name: 'dry-run', about: 'show what would happen, and do nothing' },
  { kind: 'flag', name: 'no-wait', about: 'return while the stream is still UPDATING' },
  {
    kind: 'duration',
    name: 'timeout',
    value: 'duration',
    default: '5m',
    about: 'how long to wait before giving up, with exit code 8',
  },
  documentOutput,
];

export const shardsCommands: readonly CommandSpec[] = [
  {
    name: 'shards ls',
    summary: 'list the shards of a stream',
    examples: [{ command: 'millrace shards ls orders --open', about: 'those that take records' }],
    arguments: [stream],
    options: [
      { kind: 'flag', name: 'open', about: 'leave out shards that were split or merged' },
      documentOutput,
    ],
    connects: true,
    load: async () => (await import('../commands/shards-ls.ts')).shardsLs,
  },
  {
    name: 'shards tree',
    summary: 'show which shards came from which',
    examples: [{ command: 'millrace shards tree orders', about: 'parents above, children below' }],
    arguments: [stream],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/shards-tree.ts')).shardsTree,
  },
  {
    name: 'shards split',
    summary: 'split a shard in two',
    examples: [
      { command: 'millrace shards split orders 3', about: 'shardId-000000000003, in the middle' },
      { command: 'millrace shards split orders 3 --at 42 --dry-run', about: 'what the halves would be' },
    ],
    arguments: [stream, { name: 'shard', about: 'shardId-000000000003, or 3 for short' }],
    options: [
      {
        kind: 'text',
        name: 'at',
        value: 'hash',
        about: 'where the second half begins, a decimal hash key; default: in the middle',
      },
      ...changeOptions,
    ],
    connects: true,
    load: async () => (await import('../commands/shards-split.ts')).shardsSplit,
  },
  {
    name: 'shards merge',
    summary: 'merge two shards that lie side by side',
    examples: [{ command: 'millrace shards merge orders 3 4', about: 'their hash ranges must touch' }],
    arguments: [
      stream,
      { name: 'shard', about: 'shardId-000000000003, or 3 for short' },
      { name: 'adjacent', about: 'the shard beside it' },
    ],
    options: changeOptions,
    connects: true,
    load: async () => (await import('../commands/shards-merge.ts')).shardsMerge,
  },
  {
    name: 'shards map-key',
    summary: 'show which shard a partition key belongs to',
    examples: [{ command: 'millrace shards map-key orders ada grace', about: 'hash key and shard of each' }],
    arguments: [stream, { name: 'key', variadic: true, about: 'partition keys' }],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/shards-map-key.ts')).shardsMapKey,
  },
];
