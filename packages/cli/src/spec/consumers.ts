import type { CommandSpec } from './command.ts';
import { dryRun, yes } from './confirmed.ts';
import { documentOutput } from './document-output.ts';
import type { OptionSpec } from './option.ts';

const stream = { name: 'stream', about: 'name of the stream' } as const;
const consumer = { name: 'consumer', about: 'name of the consumer' } as const;
const waiting: readonly OptionSpec[] = [
  { kind: 'flag', name: 'no-wait', about: 'return while it is still being changed' },
  {
    kind: 'duration',
    name: 'timeout',
    value: 'duration',
    default: '5m',
    about: 'how long to wait before giving up, with exit code 8',
  },
];

export const consumersCommands: readonly CommandSpec[] = [
  {
    name: 'consumers ls',
    summary: 'list the fan-out consumers of a stream',
    examples: [{ command: 'millrace consumers ls orders', about: 'each costs as long as it is registered' }],
    arguments: [stream],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/consumers-ls.ts')).consumersLs,
  },
  {
    name: 'consumers describe',
    summary: 'show one fan-out consumer',
    examples: [{ command: 'millrace consumers describe orders billing --json', about: 'with its ARN' }],
    arguments: [stream, consumer],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/consumers-describe.ts')).consumersDescribe,
  },
  {
    name: 'consumers register',
    summary: 'register a fan-out consumer, and wait until it can read',
    examples: [
      { command: 'millrace consumers register orders billing', about: '2 MiB/s of each shard for it alone' },
    ],
    arguments: [stream, consumer],
    options: [
      {
        kind: 'flag',
        name: 'if-not-exists',
        about: 'succeed when it is registered already',
      },
      ...waiting,
      documentOutput,
    ],
    connects: true,
    load: async () => (await import('../commands/consumers-register.ts')).consumersRegister,
  },
  {
    name: 'consumers deregister',
    summary: 'deregister a fan-out consumer: its subscriptions end at once',
    examples: [
      { command: 'millrace consumers deregister orders billing --yes', about: 'without being asked' },
    ],
    arguments: [stream, consumer],
    options: [yes, dryRun, ...waiting, documentOutput],
    connects: true,
    load: async () => (await import('../commands/consumers-deregister.ts')).consumersDeregister,
  },
];
