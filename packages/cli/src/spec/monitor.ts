import { examplePrices } from '../cost/example-prices.ts';
import type { CommandSpec } from './command.ts';
import { documentOutput } from './document-output.ts';
import { readBudget } from './read-budget.ts';

const stream = { name: 'stream', about: 'name of the stream' } as const;

export const monitorCommands: readonly CommandSpec[] = [
  {
    name: 'metrics',
    summary: 'show what CloudWatch counted of a stream: records, bytes, throttles, age',
    examples: [
      { command: 'millrace metrics orders', about: 'the last 15 minutes, with how they went' },
      { command: 'millrace metrics orders --for 3h --shards --json', about: 'by shard as well, every point' },
    ],
    arguments: [stream],
    options: [
      {
        kind: 'duration',
        name: 'for',
        value: 'duration',
        default: '15m',
        about: 'how far back; a point a minute up to an hour, 60 points beyond',
      },
      { kind: 'flag', name: 'shards', about: 'those of each shard too, where the stream publishes them' },
      documentOutput,
    ],
    connects: true,
    notes: ['A stream that CloudWatch has nothing of is no error: stderr says so, and the answer is empty.'],
    load: async () => (await import('../commands/metrics.ts')).metrics,
  },
  {
    name: 'top',
    summary: 'watch a stream: load of each shard, throttles, lag and owners',
    examples: [
      { command: 'millrace top orders', about: 'on a terminal in its own place' },
      { command: 'millrace top orders -n 1 --json', about: 'one look, as JSON' },
    ],
    arguments: [stream],
    options: [
      {
        kind: 'duration',
        name: 'interval',
        value: 'duration',
        default: '2s',
        about: 'time between two looks',
      },
      {
        kind: 'integer',
        name: 'num',
        short: 'n',
        value: 'count',
        min: 1,
        max: 1_000_000,
        about: 'stop after so many looks; default: at Ctrl-C',
      },
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Load is what came into the shard in the last ten seconds, of the 1 MiB/s and 1,000 records/s it takes: one read of at most 1,000 records. No enhanced monitoring is needed.',
    ],
    load: async () => (await import('../commands/top.ts')).top,
  },
  {
    name: 'hot',
    summary: 'find hot shards and the partition keys that heat them',
    examples: [
      { command: 'millrace hot orders', about: 'watch for 30 seconds' },
      { command: 'millrace hot orders --past --for 5m', about: 'what arrived in the last five minutes' },
    ],
    arguments: [stream],
    options: [
      { kind: 'duration', name: 'for', value: 'duration', default: '30s', about: 'how long to watch' },
      { kind: 'flag', name: 'past', about: 'look at the time before now instead of waiting' },
      {
        kind: 'integer',
        name: 'top',
        value: 'count',
        min: 1,
        max: 64,
        default: 10,
        about: 'keys to tell of each shard',
      },
      readBudget,
      documentOutput,
    ],
    connects: true,
    notes: [
      'Memory does not grow with the number of keys: any that is more than a 64th of its shard is found, its share is exact or a little too high.',
    ],
    load: async () => (await import('../commands/hot.ts')).hot,
  },
  {
    name: 'cost',
    summary: 'estimate what a stream costs a month, in each way it can be billed',
    examples: [
      { command: 'millrace cost orders --for 7d', about: 'from its shape and the traffic of a week' },
      { command: 'millrace cost orders --prices eu-west-1.json', about: 'with the prices of a region' },
    ],
    arguments: [stream],
    options: [
      {
        kind: 'duration',
        name: 'for',
        value: 'duration',
        default: '24h',
        about: 'traffic of so long before now',
      },
      {
        kind: 'text',
        name: 'prices',
        value: 'file',
        about: 'JSON object of prices; those it leaves out are examples',
      },
      documentOutput,
    ],
    connects: true,
    notes: [
      `Example prices, of the order of list prices in us-east-1 in 2026: ${Object.entries(examplePrices)
        .map(([name, price]) => `${name} ${price}`)
        .join(', ')}. They differ by region and change.`,
      "provisioned-fitted is with as many shards as the busiest minute fills to 80 %. The commitment of On-demand Advantage is the account's, and is counted as if the stream were alone. DynamoDB, Lambda, KMS and data transfer are not in it.",
    ],
    load: async () => (await import('../commands/cost.ts')).cost,
  },
  {
    name: 'limits',
    summary: 'show what the account and a stream may do, and how near they are to it',
    examples: [
      { command: 'millrace limits', about: 'those of the account in the region' },
      { command: 'millrace limits orders --max-percent 80', about: 'exit code 7 when any is nearer' },
    ],
    arguments: [{ name: 'stream', optional: true, about: 'name of a stream' }],
    options: [
      {
        kind: 'integer',
        name: 'max-percent',
        value: 'percent',
        min: 1,
        max: 1000,
        about: 'exit code 7 when more than so much of a limit is used',
      },
      documentOutput,
    ],
    connects: true,
    notes: ['Traffic is that of the busiest of the last 15 minutes CloudWatch counted.'],
    load: async () => (await import('../commands/limits.ts')).limits,
  },
  {
    name: 'doctor',
    summary: 'examine credentials, clock, permissions, alarms and mappings; say what to mend',
    examples: [
      { command: 'millrace doctor', about: 'this machine and its way to the service' },
      {
        command: 'millrace doctor orders',
        about: 'the stream, too; exit code 7 when there is something to mend',
      },
    ],
    arguments: [{ name: 'stream', optional: true, about: 'name of a stream' }],
    options: [documentOutput],
    connects: true,
    notes: [
      'Changes nothing: permissions are asked by the DryRun of the operations themselves. What the credentials may not look at is said and left out.',
      'Exit code 7 when there is an error or a warning; infos are no reason for it.',
    ],
    load: async () => (await import('../commands/doctor.ts')).doctor,
  },
];
