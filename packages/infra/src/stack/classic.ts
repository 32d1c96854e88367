import type { Parameter, Template } from '../template/template.ts';
import { parameter } from '../template/value.ts';
import { createStack } from './stack.ts';

/** Which of the two stacks we ship. */
export type ClassicKind = 'lambda' | 'consumer';

export const classicKinds: readonly ClassicKind[] = ['lambda', 'consumer'];

const common: readonly Parameter[] = [
  {
    name: 'StreamName',
    type: 'String',
    description: 'Name of the stream',
    pattern: '[a-zA-Z0-9_.-]{1,128}',
  },
  {
    name: 'ShardCount',
    type: 'Number',
    description: 'Open shards: 1 MiB and 1,000 records a second written each',
    default: 2,
    min: 1,
    max: 20_000,
  },
  {
    name: 'RetentionHours',
    type: 'Number',
    description: 'Hours records are kept',
    default: 168,
    min: 24,
    max: 8760,
  },
  {
    name: 'Environment',
    type: 'String',
    description: 'Tag of everything that has tags',
    default: 'production',
    allowed: ['development', 'staging', 'production'],
  },
  {
    name: 'AlarmEmail',
    type: 'String',
    description: 'Who is told; gets a letter to confirm',
    pattern: '[^@ ]+@[^@ ]+',
  },
  {
    name: 'MaxLagMilliseconds',
    type: 'Number',
    description: 'How late a reader may be before an alarm goes off',
    default: 60_000,
    min: 1000,
  },
];

const lambdaParameters: readonly Parameter[] = [
  { name: 'CodeBucket', type: 'String', description: 'S3 bucket that has the package of the function' },
  { name: 'CodeKey', type: 'String', description: 'Its key in the bucket' },
  { name: 'Handler', type: 'String', description: 'Its handler', default: 'index.handler' },
  {
    name: 'BatchSize',
    type: 'Number',
    description: 'Largest batch, records',
    default: 100,
    min: 1,
    max: 10_000,
  },
  {
    name: 'FilterPattern',
    type: 'String',
    description:
      'Records to read, as a pattern on their data such as {"data": {"type": ["order"]}}; the rest, and what is no JSON, is skipped. Default: all',
    default: '',
    pattern: String.raw`(\{ *"data" *:.*\})?`,
  },
  {
    name: 'Parallelization',
    type: 'Number',
    description: 'Batches of one shard in flight at once; each key stays in order',
    default: 1,
    min: 1,
    max: 10,
  },
];

const consumerParameters: readonly Parameter[] = [
  {
    name: 'Group',
    type: 'String',
    description: 'Group of the workers, and name of their lease table',
    pattern: '[a-zA-Z0-9_.-]{3,200}',
  },
];

/**
 * The stacks shipped as files: a stream with a function that reads it, or with a service of workers, parameterised as
 * such templates are.
 */
export function classicStack(kind: ClassicKind): Template {
  const shared = {
    stream: {
      name: parameter('StreamName'),
      shards: parameter('ShardCount'),
      retentionHours: parameter('RetentionHours'),
      tags: { Environment: parameter('Environment') },
    },
    notify: { email: parameter('AlarmEmail') },
    maxLagMilliseconds: parameter('MaxLagMilliseconds'),
  };
  if (kind === 'lambda') {
    return createStack(
      {
        ...shared,
        description: 'A Kinesis stream and a Lambda function that reads it, losing nothing.',
        processors: {
          processor: {
            function: {
              code: { bucket: parameter('CodeBucket'), key: parameter('CodeKey') },
              handler: parameter('Handler'),
              environment: { STREAM_NAME: parameter('StreamName') },
            },
            filters: parameter('FilterPattern'),
            batchSize: parameter('BatchSize'),
            parallelization: parameter('Parallelization'),
          },
        },
      },
      [...common, ...lambdaParameters],
    );
  }
  return createStack(
    {
      ...shared,
      description: 'A Kinesis stream and what a service of workers needs to read it, losing nothing.',
      services: { workers: { group: parameter('Group') } },
    },
    [...common, ...consumerParameters],
  );
}
