import type { CommandSpec } from './command.ts';

export const devCommands: readonly CommandSpec[] = [
  {
    name: 'dev',
    summary: 'run a Lambda handler behind a real event source mapping, on this machine',
    examples: [
      {
        command: 'millrace dev handler.ts --stream orders:2',
        about:
          'a Kinesis with a stream of 2 shards, and the handler behind it; put records from another terminal',
      },
      {
        command: 'millrace dev handler.ts --stream orders --inspect',
        about: 'the same with a debugger: breakpoints hold, nothing times out',
      },
      {
        command: 'millrace dev handler.py --stream orders --bisect --retries 2 --on-failure ./failures',
        about: 'Python, and what AWS would do with a poison record',
      },
      {
        command: 'millrace dev handler.ts --stream orders --local',
        about: 'behind a stream of the millrace server that runs already',
      },
    ],
    arguments: [
      {
        name: 'handler',
        about: 'file with the handler: .ts, .js, .py, or a program that speaks the Lambda runtime API',
      },
    ],
    options: [
      { kind: 'text', name: 'stream', value: 'name[:shards]', about: 'the stream it is mapped to; needed' },
      {
        kind: 'text',
        name: 'export',
        value: 'name',
        about: 'the function in the file; default handler, in Python lambda_handler',
      },
      {
        kind: 'text',
        name: 'from',
        value: 'position',
        about: 'oldest, now, -15m or a time; default oldest, and now for a stream that is there already',
      },
      {
        kind: 'text',
        name: 'consumer',
        value: 'name',
        about: 'read with enhanced fan-out, through this consumer; it is registered in a Kinesis of its own',
      },
      {
        kind: 'integer',
        name: 'batch-size',
        value: 'records',
        min: 1,
        max: 10_000,
        default: 100,
        about: 'BatchSize',
      },
      {
        kind: 'duration',
        name: 'window',
        value: 'duration',
        default: '0',
        about: 'MaximumBatchingWindowInSeconds, up to 300s',
      },
      {
        kind: 'integer',
        name: 'parallel',
        value: 'lanes',
        min: 1,
        max: 10,
        default: 1,
        about: 'ParallelizationFactor',
      },
      {
        kind: 'integer',
        name: 'retries',
        value: 'count',
        min: 0,
        max: 10_000,
        about: 'MaximumRetryAttempts; default: until the records expire',
      },
      {
        kind: 'duration',
        name: 'max-age',
        value: 'duration',
        about: 'MaximumRecordAgeInSeconds, 60s to 7d; default: as long as the stream keeps them',
      },
      { kind: 'flag', name: 'bisect', about: 'BisectBatchOnFunctionError' },
      {
        kind: 'flag',
        name: 'report-failures',
        about:
          'FunctionResponseTypes ReportBatchItemFailures: without it batchItemFailures are ignored, as on AWS',
      },
      {
        kind: 'list',
        name: 'filter',
        value: 'pattern',
        about: 'a filter pattern, such as {"data":{"type":["order"]}}',
      },
      {
        kind: 'duration',
        name: 'tumbling',
        value: 'duration',
        default: '0',
        about: 'TumblingWindowInSeconds, up to 900s',
      },
      {
        kind: 'text',
        name: 'on-failure',
        value: 'folder',
        about: 'what is given up goes to this folder, as to a bucket of S3: document and event',
      },
      {
        kind: 'duration',
        name: 'timeout',
        value: 'duration',
        default: '3s',
        about: 'time-out of the function',
      },
      {
        kind: 'integer',
        name: 'memory',
        value: 'MB',
        min: 128,
        max: 10_240,
        default: 128,
        about: 'memory of the function; the heap of a Node process',
      },
      { kind: 'list', name: 'env', value: 'NAME=value', about: 'an environment variable of the function' },
      {
        kind: 'flag',
        name: 'inspect',
        about: 'let a debugger attach: one invocation at a time, no time-out',
      },
      {
        kind: 'flag',
        name: 'inspect-wait',
        about:
          'as --inspect, and loads the code only once a debugger is attached: breakpoints outside of the handler hold, too',
      },
      {
        kind: 'integer',
        name: 'inspect-port',
        value: 'number',
        min: 1,
        max: 65_535,
        default: 9229,
        about: 'port for the debugger',
      },
      { kind: 'flag', name: 'no-reload', about: 'keep running the code as it was when a file is saved' },
      {
        kind: 'integer',
        name: 'port',
        short: 'p',
        value: 'number',
        min: 0,
        max: 65_535,
        default: 4567,
        about: 'port of its own Kinesis; 0 takes any free one',
      },
    ],
    connects: true,
    notes: [
      'Without an option that says which Kinesis it starts one of its own, with DynamoDB, CloudWatch and the API of Lambda ' +
        'on the same port, and gives the handler AWS_ENDPOINT_URL to it. Otherwise it reads that stream; the mapping runs ' +
        'here all the same.',
      'TypeScript runs as it is: by the tsx of your project, else by our own. Each invocation has a process of its own ' +
        'at a time, kept warm as on Lambda. Batches, retries and destinations are those of AWS, see ' +
        'docs/event-source-mapping.md.',
      'With --json each thing that happens is one line of JSON on stdout.',
    ],
    load: async () => (await import('../commands/dev.ts')).dev,
  },
];
