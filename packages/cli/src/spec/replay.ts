import type { CommandSpec } from './command.ts';
import { dryRun } from './confirmed.ts';
import { documentOutput } from './document-output.ts';
import { readBudget } from './read-budget.ts';

export const replayCommands: readonly CommandSpec[] = [
  {
    name: 'replay',
    summary: 'put a part of a stream into another stream or a file, as it was',
    examples: [
      {
        command: 'millrace replay orders --range -2h..-1h --into stream:orders-staging --dry-run',
        about: 'how much that is, and how long it takes',
      },
      {
        command: 'millrace replay orders --range 2026-11-26..2026-11-27 --into file:orders.ndjson',
        about: 'a day into a file that millrace put --in ndjson reads',
      },
      {
        command: `millrace replay orders --range -1h.. --into stream:fixed --where 'value.total < 0' --rate 9/s`,
        about: 'only some, and slowly',
      },
    ],
    arguments: [{ name: 'stream', about: 'the stream to read' }],
    options: [
      {
        kind: 'text',
        name: 'range',
        value: 'A..B',
        about: 'from A up to, not including, B; needed; see millrace help position',
      },
      { kind: 'text', name: 'into', value: 'where', about: 'stream:<name> or file:<path>; needed' },
      { kind: 'list', name: 'shard', value: 'id', about: 'only this shard, without following its children' },
      { kind: 'list', name: 'key', short: 'k', value: 'key', about: 'only records with this partition key' },
      {
        kind: 'text',
        name: 'where',
        value: 'expression',
        about: 'only records for which it holds; see millrace help where',
      },
      {
        kind: 'text',
        name: 'rate',
        value: 'n/s',
        about: 'no more than so many records a second (n/m: a minute)',
      },
      {
        kind: 'flag',
        name: 'aggregate',
        about:
          'pack records of one key together in the KPL format: much faster with few keys; readers must open it',
      },
      {
        kind: 'text',
        name: 'state',
        value: 'file',
        about:
          'where it keeps how far it is until it is done; default millrace-replay-<stream>.json in this directory',
      },
      { kind: 'flag', name: 'restart', about: 'begin anew though there is a state of an earlier run' },
      { kind: 'flag', name: 'progress', about: 'say every second how far it is' },
      dryRun,
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Keeps the order of each partition key, the bytes, headers and explicit hash keys; a plain record that was put with one, which Kinesis gives back to nobody, goes to the beginning of the hash range of its shard. KPL aggregates are opened: a stream with other shards could not hold them together.',
      'After Ctrl-C, an error or a crash the same command goes on from its state. A file holds each record once; a stream may have those of the last two seconds twice after a crash, without --rate up to 5,000 of each shard; none after Ctrl-C.',
    ],
    load: async () => (await import('../commands/replay.ts')).replay,
  },
];
