import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import { handlerOptions } from './lambda.ts';
import type { IntegerOption } from './option.ts';

const from = {
  name: 'from',
  about: "a queue's URL or ARN, s3://bucket/prefix, a file, or a folder",
} as const;

const num: IntegerOption = {
  kind: 'integer',
  name: 'num',
  short: 'n',
  value: 'count',
  min: 1,
  max: 100_000,
  default: 100,
  about: 'look at so many messages, objects or lines',
};

const queueNote =
  'Messages of a queue are out of sight while it runs and come back after it; each look counts as received.';

export const dlqCommands: readonly CommandSpec[] = [
  {
    name: 'dlq ls',
    summary: 'list what Lambda gave up and handlers put aside, and the time left to redrive',
    examples: [
      {
        command: 'millrace dlq ls https://sqs.eu-west-1.amazonaws.com/123456789012/orders-dlq',
        about: 'what is in the failure queue of a mapping',
      },
      { command: 'millrace dlq ls s3://orders-failures/aws/lambda/', about: 'of a failure bucket' },
    ],
    arguments: [from],
    options: [num, documentOutput],
    connects: true,
    notes: [
      'Reads the failure documents of Lambda as queues, topics and buckets get them, and records that Millrace put aside, those too large for their queue from the bucket they lie in.',
      'A document in a queue names records without holding them: the stream must still have them. One in a bucket holds them.',
      queueNote,
    ],
    load: async () => (await import('../commands/dlq-ls.ts')).dlqLs,
  },
  {
    name: 'dlq show',
    summary: 'show the records behind what was given up, read from the stream where need be',
    examples: [
      {
        command: 'millrace dlq show s3://orders-failures/ > failed.ndjson',
        about: 'all of them, as millrace tail',
      },
    ],
    arguments: [from, { name: 'id', about: 'one of those that millrace dlq ls shows', optional: true }],
    options: [num],
    connects: true,
    notes: [
      'Exit code 7 when some records cannot be had any more. What happened is told on stderr, with the state of a tumbling window where it is in the document.',
      queueNote,
    ],
    load: async () => (await import('../commands/dlq-show.ts')).dlqShow,
  },
  {
    name: 'dlq redrive',
    summary: 'send the records of what was given up on: to a stream, a file or a handler',
    examples: [
      {
        command: 'millrace dlq redrive ./failures --into stream:orders',
        about: 'what would go where; nothing is done',
      },
      {
        command: 'millrace dlq redrive s3://orders-failures/ --into handler:handler.ts --yes --delete',
        about: 'through the mended handler; what it takes is removed from the bucket',
      },
    ],
    arguments: [from, { name: 'id', about: 'one of those that millrace dlq ls shows', optional: true }],
    options: [
      {
        kind: 'text',
        name: 'into',
        value: 'where',
        about: 'stream:<name>, file:<path> or handler:<file>; needed',
      },
      { kind: 'flag', name: 'yes', short: 'y', about: 'do it; without it nothing is done but shown' },
      {
        kind: 'flag',
        name: 'delete',
        about: 'remove from the queue or bucket what was redriven whole, and what lay in a bucket for it',
      },
      {
        kind: 'flag',
        name: 'whole-stretch',
        about: 'redrive also where the stream has more records between first and last than the batch had',
      },
      num,
      ...handlerOptions,
      documentOutput,
    ],
    connects: true,
    notes: [
      'A stream gives the records to all of its consumers again, at its end; a handler gets them alone. Exit code 6 when something is left; of a parked key what follows it is left, too.',
      'Where filters or parallel lanes passed over records, the stretch of a batch holds some that did not fail: these are left unless --whole-stretch is given.',
      'The end of a tumbling window has a state and no records: it goes into a handler, out of a bucket.',
      queueNote,
    ],
    load: async () => (await import('../commands/dlq-redrive.ts')).dlqRedrive,
  },
];
