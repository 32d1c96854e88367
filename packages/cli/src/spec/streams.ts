import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import type { OptionSpec } from './option.ts';

const timeout: OptionSpec = {
  kind: 'duration',
  name: 'timeout',
  value: 'duration',
  default: '5m',
  about: 'how long to wait before giving up, with exit code 8',
};

export const streamsCommands: readonly CommandSpec[] = [
  {
    name: 'streams ls',
    summary: 'list the streams',
    examples: [{ command: 'millrace streams ls --local', about: 'those of a server on this machine' }],
    arguments: [],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/streams-ls.ts')).streamsLs,
  },
  {
    name: 'streams describe',
    summary: "show a stream's status, capacity and settings",
    examples: [{ command: 'millrace streams describe orders --json', about: 'as one JSON document' }],
    arguments: [{ name: 'stream', about: 'name of the stream' }],
    options: [documentOutput],
    connects: true,
    load: async () => (await import('../commands/streams-describe.ts')).streamsDescribe,
  },
  {
    name: 'streams create',
    summary: 'create a stream, and wait until it can be used',
    examples: [
      { command: 'millrace streams create orders --shards 4', about: 'four shards: 4 MiB/s in' },
      {
        command: 'millrace streams create orders --on-demand --if-not-exists',
        about: 'AWS scales it; no error when it is there',
      },
    ],
    arguments: [{ name: 'stream', about: 'name of the stream' }],
    options: [
      {
        kind: 'integer',
        name: 'shards',
        value: 'count',
        min: 1,
        max: 100_000,
        about: 'provisioned capacity; default 1',
      },
      { kind: 'flag', name: 'on-demand', about: 'capacity that AWS scales and bills by use' },
      {
        kind: 'integer',
        name: 'max-record-kib',
        value: 'KiB',
        min: 1024,
        max: 10_240,
        about: 'largest record; default 1,024',
      },
      {
        kind: 'flag',
        name: 'if-not-exists',
        about: 'succeed when the stream is there already, however it was made',
      },
      { kind: 'flag', name: 'no-wait', about: 'return while it is still CREATING' },
      timeout,
      documentOutput,
    ],
    connects: true,
    load: async () => (await import('../commands/streams-create.ts')).streamsCreate,
  },
  {
    name: 'streams delete',
    summary: 'delete a stream and every record in it',
    examples: [{ command: 'millrace streams delete orders --yes', about: 'without being asked' }],
    arguments: [{ name: 'stream', about: 'name of the stream' }],
    options: [
      { kind: 'flag', name: 'yes', short: 'y', about: 'do not ask for the name again' },
      {
        kind: 'flag',
        name: 'consumers',
        about: 'delete its registered fan-out consumers with it; else it is refused when there are some',
      },
      { kind: 'flag', name: 'no-wait', about: 'return while it is still DELETING' },
      timeout,
      documentOutput,
    ],
    connects: true,
    load: async () => (await import('../commands/streams-delete.ts')).streamsDelete,
  },
];
