import { Names, type Duration } from 'aws-cdk-lib';
import { Function as LambdaFunction, type Code, type IFunction, type Runtime } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { optionError } from '@millrace/kinesis/runtime';

import type { ProcessorAlarmOptions } from '../alarm/processor-alarms.ts';
import type { Failures } from '../stack/failures.ts';
import type { MappingOptions } from '../stack/mapping.ts';
import { processorResources, type FunctionOptions, type ProcessorOptions } from '../stack/processor.ts';
import type { Text } from '../template/value.ts';
import type { KinesisStream } from './kinesis-stream.ts';
import { makeResources, toToken } from './l1.ts';

/** A function that reads a stream; every property of the mapping has a default that loses nothing. */
export interface LambdaProcessorProps extends MappingOptions {
  readonly stream: KinesisStream;
  /** What to run; or `function`. */
  readonly code?: Code;
  /** A function that is there already; its role gets what it lacks. */
  readonly function?: IFunction;
  /** Default `index.handler`. */
  readonly handler?: string;
  /** Default Node.js 24. */
  readonly runtime?: Runtime;
  /** Default arm64. */
  readonly architecture?: 'arm64' | 'x86_64';
  /** Default 60 s. A timeout discards all progress in its batch. */
  readonly timeout?: Duration;
  /** 128 to 10,240. Default 512. */
  readonly memoryMiB?: number;
  readonly environment?: Readonly<Record<string, string>>;
  /** At least shards × parallelization. Default: none of its own. */
  readonly reservedConcurrency?: number;
  /** Whether X-Ray traces it. Default false. */
  readonly tracing?: boolean;
  /** Default 30. */
  readonly logRetentionDays?: number;
  /** Where batches go that cannot be processed. Default a new SQS queue. */
  readonly failures?: Failures | 'none';
  /** Reads by a fan-out consumer of its own: `true`, or its name. Default false. */
  readonly fanOut?: boolean | string;
}

/**
 * A Lambda function behind an event source mapping that reports partial failures, halves failing batches, gives up on
 * old records and sets aside what cannot be processed, with a role that may do no more than that.
 *
 * Throws `OPTION_INVALID` for what cannot be, and for what loses records unless it is spelled out under `unsafe`.
 *
 * @example
 * ```ts
 * new LambdaProcessor(this, 'Billing', { stream: orders, code: Code.fromAsset('dist/billing') });
 * ```
 */
export class LambdaProcessor extends Construct {
  readonly function: IFunction;
  /** What its alarms need to know. */
  readonly alarms: ProcessorAlarmOptions;
  /** Name of its fan-out consumer. */
  readonly consumerName: string | undefined;

  constructor(scope: Construct, id: string, props: LambdaProcessorProps) {
    super(scope, id);
    const { stream, fanOut = false } = props;
    const built = processorResources(
      'processor',
      '',
      {
        ...mappingOf(props),
        ...(props.failures !== undefined && { failures: props.failures }),
        fanOut: fanOut === true ? Names.uniqueResourceName(this, { maxLength: 128 }) : fanOut,
        ...this.#functionOf(props),
      },
      stream.reference,
    );
    const made = makeResources(this, built.resources);
    const token = (value: Text): string => String(toToken(value, this, made));
    const resource = made.get('Function');
    if (resource !== undefined) props.code?.bindToResource(resource);
    this.function =
      props.function ?? LambdaFunction.fromFunctionName(this, 'Reference', token(built.functionName));
    const { alarms, consumerName } = built;
    const { mappingId, failureQueueName } = alarms;
    this.alarms = {
      ...alarms,
      functionName: token(alarms.functionName),
      ...(mappingId !== undefined && { mappingId: token(mappingId) }),
      ...(failureQueueName !== undefined && { failureQueueName: token(failureQueueName) }),
    };
    this.consumerName = consumerName === undefined ? undefined : token(consumerName);
  }

  #functionOf(props: LambdaProcessorProps): Pick<ProcessorOptions, 'function' | 'existing'> {
    const { code, function: existing } = props;
    if (existing !== undefined) {
      return {
        existing: {
          functionName: existing.functionName,
          ...(existing.role !== undefined && { roleName: existing.role.roleName }),
        },
        // Given both, the model says so.
        ...(code !== undefined && { function: { code: { bucket: '', key: '' } } }),
      };
    }
    if (code === undefined) return {};
    const { s3Location } = code.bind(this);
    if (s3Location === undefined) {
      throw optionError(
        'processor.code',
        'inline or an image',
        'code in S3, for example Code.fromAsset(folder)',
      );
    }
    const { bucketName, objectKey, objectVersion } = s3Location;
    const options: FunctionOptions = {
      code: {
        bucket: bucketName,
        key: objectKey,
        ...(objectVersion !== undefined && { version: objectVersion }),
      },
      ...(props.handler !== undefined && { handler: props.handler }),
      ...(props.runtime !== undefined && { runtime: props.runtime.name }),
      ...(props.architecture !== undefined && { architecture: props.architecture }),
      ...(props.timeout !== undefined && { timeoutSeconds: props.timeout.toSeconds() }),
      ...(props.memoryMiB !== undefined && { memoryMiB: props.memoryMiB }),
      ...(props.environment !== undefined && { environment: props.environment }),
      ...(props.reservedConcurrency !== undefined && { reservedConcurrency: props.reservedConcurrency }),
      ...(props.tracing !== undefined && { tracing: props.tracing }),
      ...(props.logRetentionDays !== undefined && { logRetentionDays: props.logRetentionDays }),
    };
    return { function: options };
  }
}

function mappingOf(props: LambdaProcessorProps): MappingOptions {
  const {
    stream: _stream,
    code: _code,
    function: _function,
    handler: _handler,
    runtime: _runtime,
    architecture: _architecture,
    timeout: _timeout,
    memoryMiB: _memory,
    environment: _environment,
    reservedConcurrency: _concurrency,
    tracing: _tracing,
    logRetentionDays: _logs,
    failures: _failures,
    fanOut: _fanOut,
    ...mapping
  } = props;
  return mapping;
}
