import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import type { OptionSpec } from './option.ts';
import { readBudget } from './read-budget.ts';

/** How a handler is run. */
export const handlerOptions: readonly OptionSpec[] = [
  {
    kind: 'text',
    name: 'export',
    value: 'name',
    about: 'the function in the file; default handler, in Python lambda_handler',
  },
  {
    kind: 'duration',
    name: 'timeout',
    value: 'duration',
    default: '3s',
    about: "the function's time-out",
  },
  {
    kind: 'integer',
    name: 'memory',
    value: 'MB',
    min: 128,
    max: 10_240,
    default: 128,
    about: "the function's memory",
  },
];

export const lambdaCommands: readonly CommandSpec[] = [
  {
    name: 'lambda event',
    summary: "make the event Lambda would send, of files or a stream's last records",
    examples: [
      { command: 'millrace lambda event orders --last 10 > event.json', about: 'what the stream got last' },
      { command: 'millrace lambda event --lines orders.ndjson --key .customer', about: 'one record a line' },
      { command: 'millrace lambda event --file order.json --file broken.bin', about: 'one record a file' },
    ],
    arguments: [{ name: 'stream', about: 'the stream to read, or whose name the event has', optional: true }],
    options: [
      {
        kind: 'integer',
        name: 'last',
        value: 'count',
        min: 1,
        max: 10_000,
        about: 'the last stored records of one shard of the stream, as they are',
      },
      { kind: 'list', name: 'file', value: 'path', about: 'a file, whole, as one record' },
      {
        kind: 'text',
        name: 'lines',
        value: 'path',
        about: 'each line as a record (- for stdin); what millrace tail -o ndjson wrote keeps its keys',
      },
      {
        kind: 'text',
        name: 'key',
        short: 'k',
        value: 'key',
        default: 'key',
        about: 'partition key of records out of files: itself, .field of their JSON, or random',
      },
      {
        kind: 'text',
        name: 'shard',
        value: 'id',
        about: 'the shard; default the one written last, since an event never has records of two',
      },
      readBudget,
    ],
    connects: true,
    load: async () => (await import('../commands/lambda-event.ts')).lambdaEvent,
  },
  {
    name: 'lambda invoke',
    summary: 'run a handler once, and show what AWS would do next with what it answers',
    examples: [
      {
        command: 'millrace lambda event orders --last 10 | millrace lambda invoke handler.ts --report',
        about: 'what would become of the last records',
      },
      {
        command: 'millrace lambda invoke handler.ts event.json --report --bisect --max-retries 3',
        about: 'with these settings of the mapping: checkpoint, retries, halves, what is given up',
      },
    ],
    arguments: [
      { name: 'handler', about: 'a .ts or .js file, a .py, or an executable that speaks the runtime API' },
      { name: 'event', about: 'a file with the event; default stdin', optional: true },
    ],
    options: [
      { kind: 'flag', name: 'report', about: 'the mapping has ReportBatchItemFailures' },
      { kind: 'flag', name: 'bisect', about: 'the mapping has BisectBatchOnFunctionError' },
      {
        kind: 'integer',
        name: 'max-retries',
        value: 'count',
        min: 0,
        max: 10_000,
        about: "the mapping's MaximumRetryAttempts; default without end",
      },
      {
        kind: 'duration',
        name: 'max-age',
        value: 'duration',
        about: "the mapping's MaximumRecordAgeInSeconds, 60s to 7d; default without end",
      },
      {
        kind: 'duration',
        name: 'retention',
        value: 'duration',
        default: '1d',
        about: 'how long the stream keeps records',
      },
      ...handlerOptions,
      documentOutput,
    ],
    connects: false,
    notes: [
      'Runs the handler in a process of its own; what it writes goes to stderr. Exit code 7 when not all is done.',
      'The plan supposes that the records have just come, and fail the same way each time. Waits between retries are not documented by AWS; they are those of millrace dev.',
    ],
    load: async () => (await import('../commands/lambda-invoke.ts')).lambdaInvoke,
  },
];
