import { integerOption, optionError } from '@millrace/kinesis/runtime';

import type { ProcessorAlarmOptions } from '../alarm/processor-alarms.ts';
import { roleStatements } from '../iam/role.ts';
import { policyDocument, trustPolicy, type Statement } from '../iam/statement.ts';
import type { Resource } from '../template/template.ts';
import {
  attribute,
  pseudo,
  reference,
  text,
  type Numeric,
  type Text,
  type Value,
} from '../template/value.ts';
import { checkMembers } from './check.ts';
import { failureDestination, type FailureDestination, type Failures } from './failures.ts';
import { mappingMembers, mappingProperties, type MappingOptions } from './mapping.ts';
import type { StreamReference } from './stream.ts';
import { mustBeUnsafe } from './unsafe.ts';

/** A function that is made for the processor. */
export interface FunctionOptions {
  /** The package in S3. */
  readonly code: { readonly bucket: Text; readonly key: Text; readonly version?: Text };
  /** Default `index.handler`. */
  readonly handler?: Text;
  /** Default `nodejs24.x`. */
  readonly runtime?: Text;
  /** Default `arm64`. */
  readonly architecture?: 'arm64' | 'x86_64';
  /** 1 to 900. Default 60. A timeout discards all progress in its batch. */
  readonly timeoutSeconds?: number;
  /** 128 to 10,240. Default 512. */
  readonly memoryMiB?: number;
  readonly environment?: Readonly<Record<string, Text>>;
  /** At least shards × parallelization, else shards wait for one another. Default: none of its own. */
  readonly reservedConcurrency?: number;
  /** Default 30. */
  readonly logRetentionDays?: number;
  /** Whether X-Ray traces it. Default false. */
  readonly tracing?: boolean;
}

/** A Lambda function that reads the stream. */
export interface ProcessorOptions extends MappingOptions {
  /** The function to make; or `existing`. */
  readonly function?: FunctionOptions;
  /** A function that is there already; its role gets what it lacks. */
  readonly existing?: {
    readonly functionName: Text;
    /** Left alone when not given: its owner sees to the permissions. */
    readonly roleName?: Text;
    /** Of the function, for the alarm on slow invocations. Default 60. */
    readonly timeoutSeconds?: number;
  };
  /** Where batches go that cannot be processed. Default `'queue'`. */
  readonly failures?: Failures | 'none';
  /** Reads by a fan-out consumer of its own: `true`, or its name. Default false: shares 2 MiB/s a shard with others. */
  readonly fanOut?: boolean | Text;
}

/** A processor as the rest of the stack refers to it. */
export interface ProcessorResources {
  readonly resources: readonly Resource[];
  readonly functionName: Text;
  readonly alarms: ProcessorAlarmOptions;
  /** Name of its fan-out consumer. */
  readonly consumerName?: Text;
  readonly failureQueueName?: Text;
}

/** Throws `OPTION_INVALID`. `prefix` begins every id. */
export function processorResources(
  path: string,
  prefix: string,
  options: ProcessorOptions,
  stream: StreamReference,
): ProcessorResources {
  checkMembers(path, options, [...mappingMembers, 'function', 'existing', 'failures', 'fanOut']);
  const destination = destinationOf(path, prefix, options);
  const consumer = consumerOf(prefix, options.fanOut ?? false, stream);
  const made = functionOf(path, prefix, options, stream);
  const policy = policyOf(prefix, made, {
    stream,
    ...(destination && { destination }),
    ...(consumer && { consumerArn: consumer.arn }),
  });
  const mappingId = `${prefix}Mapping`;
  const mapping: Resource = {
    id: mappingId,
    type: 'AWS::Lambda::EventSourceMapping',
    ...(policy.length > 0 && { dependsOn: policy.map(({ id }) => id) }),
    properties: {
      EventSourceArn: consumer?.arn ?? stream.arn,
      FunctionName: made.functionName,
      ...mappingProperties(path, options, stream),
      ...(destination && { DestinationConfig: { OnFailure: { Destination: destination.arn } } }),
    },
  };
  const queueName = destination?.queueName;
  return {
    resources: [
      ...(destination?.resources ?? []),
      ...(consumer?.resources ?? []),
      ...made.resources,
      ...policy,
      mapping,
    ],
    functionName: made.functionName,
    alarms: {
      functionName: made.functionName,
      mappingId: reference(mappingId),
      timeoutSeconds: made.timeoutSeconds,
      retentionHours: stream.retentionHours,
      ...(options.function?.reservedConcurrency !== undefined && {
        reservedConcurrency: options.function.reservedConcurrency,
      }),
      ...(queueName !== undefined && { failureQueueName: queueName }),
    },
    ...(consumer && { consumerName: consumer.name }),
    ...(queueName !== undefined && { failureQueueName: queueName }),
  };
}

function destinationOf(
  path: string,
  prefix: string,
  { failures = 'queue', unsafe }: Pick<ProcessorOptions, 'failures' | 'unsafe'>,
): FailureDestination | undefined {
  if (failures !== 'none') return failureDestination(`${path}.failures`, prefix, failures);
  mustBeUnsafe(unsafe, 'dropFailedRecords', {
    path: `${path}.failures`,
    got: 'none',
    loses: 'records that are tried too often or get too old are dropped without a trace.',
    instead: "'queue' or 'bucket'",
  });
  return undefined;
}

function consumerOf(
  prefix: string,
  fanOut: boolean | Text,
  stream: StreamReference,
): { readonly resources: readonly Resource[]; readonly arn: Text; readonly name: Text } | undefined {
  if (fanOut === false) return undefined;
  const id = `${prefix}FanOut`;
  const name = fanOut === true ? text`${kebab(prefix) || 'processor'}` : fanOut;
  return {
    resources: [
      {
        id,
        type: 'AWS::Kinesis::StreamConsumer',
        comment: 'Its own 2 MiB/s of every shard; billed by shard and hour.',
        properties: { StreamARN: stream.arn, ConsumerName: name },
      },
    ],
    arn: attribute(id, 'ConsumerARN'),
    name,
  };
}

interface Made {
  readonly resources: readonly Resource[];
  readonly functionName: Text;
  readonly timeoutSeconds: number;
  readonly roleName?: Text;
  readonly logGroupArn?: Text;
  readonly tracing?: boolean;
}

function functionOf(path: string, prefix: string, options: ProcessorOptions, stream: StreamReference): Made {
  const { existing } = options;
  if ((existing === undefined) === (options.function === undefined)) {
    throw optionError(path, existing === undefined ? 'neither' : 'both', 'one of function and existing');
  }
  if (existing !== undefined) {
    return {
      resources: [],
      functionName: existing.functionName,
      timeoutSeconds: existing.timeoutSeconds ?? 60,
      ...(existing.roleName !== undefined && { roleName: existing.roleName }),
    };
  }
  const given = options.function ?? { code: { bucket: '', key: '' } };
  checkConcurrency(`${path}.function.reservedConcurrency`, given, options.parallelization ?? 1, stream);
  const ids = { role: `${prefix}Role`, logs: `${prefix}Logs`, function: `${prefix}Function` };
  const timeoutSeconds = integerOption(`${path}.function.timeoutSeconds`, given.timeoutSeconds ?? 60, 1, 900);
  const functionName = functionNameOf(stream.name, prefix);
  const memory = integerOption(`${path}.function.memoryMiB`, given.memoryMiB ?? 512, 128, 10_240);
  return {
    resources: [
      {
        id: ids.role,
        type: 'AWS::IAM::Role',
        properties: { AssumeRolePolicyDocument: trustPolicy('lambda.amazonaws.com') },
      },
      {
        id: ids.logs,
        type: 'AWS::Logs::LogGroup',
        name: text`/aws/lambda/${functionName}`,
        properties: { RetentionInDays: given.logRetentionDays ?? 30 },
      },
      {
        id: ids.function,
        type: 'AWS::Lambda::Function',
        name: functionName,
        properties: functionProperties(given, ids, timeoutSeconds, memory),
      },
    ],
    functionName: reference(ids.function),
    timeoutSeconds,
    roleName: reference(ids.role),
    logGroupArn: logGroupArn(ids.logs),
    tracing: given.tracing === true,
  };
}

/** What a function that is made for a processor is called where a name is demanded: `orders-billing` in Terraform. */
export function functionNameOf(streamName: Text, processor: string): Text {
  return text`${streamName}-${kebab(processor) || 'processor'}`;
}

function functionProperties(
  given: FunctionOptions,
  ids: { readonly role: string; readonly logs: string },
  timeoutSeconds: number,
  memoryMiB: number,
): Readonly<Record<string, Value>> {
  const { code, environment, reservedConcurrency } = given;
  return {
    Code: {
      S3Bucket: code.bucket,
      S3Key: code.key,
      ...(code.version !== undefined && { S3ObjectVersion: code.version }),
    },
    Handler: given.handler ?? 'index.handler',
    Runtime: given.runtime ?? 'nodejs24.x',
    Architectures: [given.architecture ?? 'arm64'],
    Timeout: timeoutSeconds,
    MemorySize: memoryMiB,
    Role: attribute(ids.role, 'Arn'),
    LoggingConfig: { LogGroup: reference(ids.logs), LogFormat: 'JSON' },
    ...(environment !== undefined && { Environment: { Variables: environment } }),
    ...(reservedConcurrency !== undefined && { ReservedConcurrentExecutions: reservedConcurrency }),
    TracingConfig: { Mode: given.tracing === true ? 'Active' : 'PassThrough' },
  };
}

function checkConcurrency(
  path: string,
  { reservedConcurrency }: FunctionOptions,
  parallelization: Numeric,
  { shards }: StreamReference,
): void {
  if (reservedConcurrency === undefined) return;
  const needed =
    (typeof shards === 'number' ? shards : 1) * (typeof parallelization === 'number' ? parallelization : 1);
  integerOption(path, reservedConcurrency, 1, 1_000_000);
  if (reservedConcurrency < needed) {
    throw optionError(
      path,
      reservedConcurrency,
      `at least ${needed}, shards times parallelization: else shards starve`,
    );
  }
}

function policyOf(
  prefix: string,
  { roleName, logGroupArn: logs, tracing }: Made,
  needs: {
    readonly stream: StreamReference;
    readonly destination?: FailureDestination;
    readonly consumerArn?: Text;
  },
): readonly Resource[] {
  if (roleName === undefined) return [];
  const { stream, destination, consumerArn } = needs;
  const traces: Statement = {
    sid: 'Trace',
    actions: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
    resources: ['*'],
  };
  const statements = roleStatements('lambda', {
    stream: stream.name,
    streamArn: stream.arn,
    ...(consumerArn !== undefined && { efo: consumerArn }),
    ...(stream.kmsKeyArn !== undefined && { kmsKeyArn: stream.kmsKeyArn }),
    ...(destination !== undefined && { failures: destination.permission }),
    ...(logs !== undefined && { logGroupArn: logs }),
  });
  return [
    {
      id: `${prefix}Policy`,
      type: 'AWS::IAM::Policy',
      name: 'read-stream',
      properties: {
        PolicyName: 'read-stream',
        Roles: [roleName],
        PolicyDocument: policyDocument(tracing === true ? [...statements, traces] : statements),
      },
    },
  ];
}

/** `Ref` is its name; its `Arn` ends in `:*`, which a policy must not repeat. */
function logGroupArn(id: string): Text {
  return text`arn:${pseudo('partition')}:logs:${pseudo('region')}:${pseudo('account')}:log-group:${reference(id)}`;
}

function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
