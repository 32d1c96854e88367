import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';

export const serverFaultCommand: CommandSpec = {
  name: 'server fault',
  summary: 'make a running server fail as you choose, to test what your program does',
  examples: [
    {
      command: 'millrace server fault --op PutRecords --error InternalFailure --rate 0.2 --for 30s',
      about: 'a fifth of all PutRecords calls fails for half a minute',
    },
    {
      command: 'millrace server fault --records 3 --shard shardId-000000000001',
      about: 'of every PutRecords, the first three records of that shard are refused',
    },
    {
      command: 'millrace server fault --op PutRecord --drop after --calls 1',
      about: 'the next record is stored, but the connection is cut before the answer',
    },
    { command: 'millrace server fault --clear', about: 'all is well again' },
  ],
  arguments: [],
  options: [
    { kind: 'list', name: 'op', value: 'operation', about: 'for example PutRecords; default: all' },
    { kind: 'text', name: 'stream', value: 'name', about: 'default: all' },
    { kind: 'text', name: 'shard', value: 'id', about: 'default: all' },
    { kind: 'text', name: 'error', value: 'name', about: 'the error calls, or --records, are answered with' },
    { kind: 'text', name: 'message', value: 'text', about: "the error's text; default: the service's words" },
    {
      kind: 'text',
      name: 'when',
      value: 'when',
      choices: ['before', 'after'],
      about: 'with --error: before anything happened (default) or after the call took effect',
    },
    {
      kind: 'text',
      name: 'records',
      value: 'count|share',
      about: 'refuse so many records of each PutRecords, or a share of them as 20%',
    },
    {
      kind: 'text',
      name: 'latency',
      value: 'duration',
      about: 'hold calls back, always as long or by chance between two: 50ms..2s',
    },
    {
      kind: 'text',
      name: 'drop',
      value: 'when',
      choices: ['before', 'after'],
      about: 'cut the connection instead of answering, before or after the call took effect',
    },
    { kind: 'text', name: 'rate', value: 'chance', about: 'of a call to be hit, up to 1; default: 1' },
    { kind: 'duration', name: 'for', value: 'duration', about: 'end after so long; default: never' },
    {
      kind: 'integer',
      name: 'calls',
      value: 'count',
      min: 1,
      max: 1_000_000_000,
      about: 'end after so many calls hit; default: never',
    },
    { kind: 'flag', name: 'list', about: 'only show the faults that are set' },
    { kind: 'flag', name: 'clear', about: 'lift every fault' },
    { kind: 'text', name: 'lift', value: 'id', about: 'lift one fault' },
    documentOutput,
  ],
  connects: true,
  notes: [
    'Faults add up: latencies are summed, and of several errors the first set counts. Without --local or ' +
      '--endpoint-url the server on port 4567 of this machine is meant. Faults are set from the machine the server ' +
      'runs on only.',
  ],
  load: async () => (await import('../commands/server-fault.ts')).serverFault,
};
