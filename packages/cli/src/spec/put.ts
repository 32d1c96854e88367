import type { CommandSpec } from './command.ts';
import { recordCount } from './record-count.ts';

export const putCommands: readonly CommandSpec[] = [
  {
    name: 'put',
    summary: 'put records into a stream',
    examples: [
      {
        command: 'cat orders.ndjson | millrace put orders --key .customer',
        about: 'a record a line, the key taken from each',
      },
      { command: `millrace put orders '{"id":1}' --key ada`, about: 'one record' },
      {
        command: 'millrace tail orders -o ndjson --from oldest --exit-at-end | millrace put copy',
        about: 'a copy: same keys, same bytes',
      },
    ],
    arguments: [
      { name: 'stream', about: 'name of the stream' },
      { name: 'value', optional: true, about: 'the record itself, @file, or - for stdin (the default)' },
    ],
    options: [
      {
        kind: 'text',
        name: 'in',
        value: 'format',
        choices: ['auto', 'lines', 'ndjson', 'raw'],
        default: 'auto',
        about:
          'lines: a record a line; ndjson: what tail -o ndjson writes; raw: all of it is one record; auto: ndjson if the first line is, else lines',
      },
      {
        kind: 'text',
        name: 'key',
        short: 'k',
        value: 'key',
        about:
          "partition key: .field of the JSON value, random, or the key itself (=key for one that looks like the others); default: random, with ndjson the record's own",
      },
      {
        kind: 'text',
        name: 'hash-key',
        value: 'hash',
        about: 'explicit hash key: a decimal integer, or .field of the JSON value',
      },
      {
        kind: 'text',
        name: 'ordering',
        value: 'order',
        choices: ['none', 'key'],
        default: 'none',
        about: 'key: records of one key are stored in the order they come',
      },
      {
        kind: 'flag',
        name: 'aggregate',
        about: 'pack records of one key together in the KPL format: cheaper and faster; readers must open it',
      },
      {
        kind: 'text',
        name: 'rate',
        value: 'n/s',
        about: 'no more than so many records a second (n/m: a minute)',
      },
      recordCount,
      {
        kind: 'integer',
        name: 'max-record-kib',
        value: 'KiB',
        min: 1,
        max: 10_240,
        about: 'largest record; default what the stream is configured for',
      },
      {
        kind: 'duration',
        name: 'deadline',
        value: 'duration',
        default: '30s',
        about: 'how long one record may take, retries included',
      },
      { kind: 'flag', name: 'receipts', about: 'write where each record was stored; also with -v' },
      { kind: 'flag', name: 'progress', about: 'say every second how far it is' },
      {
        kind: 'text',
        name: 'dead-letter',
        value: 'file',
        about: 'append the input of each record that was not stored to this file, to be put again',
      },
    ],
    connects: true,
    notes: [
      'Empty lines are skipped, and the \\r of a Windows line end is no part of a record.',
      'Exit code 6 when some records were not stored; stderr says which and why.',
      'While nothing can be stored, stderr says since when and why; after a whole deadline of that it ends.',
      'The first Ctrl-C ends it within 5 s, with a report of what was not stored.',
    ],
    load: async () => (await import('../commands/put.ts')).put,
  },
];
