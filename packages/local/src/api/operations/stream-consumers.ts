import type { Consumer } from '../../engine/consumer.ts';
import {
  consumerOfArn,
  consumerOfName,
  deregisterConsumer,
  registerConsumer,
  type ConsumerOfStream,
} from '../../engine/consumers.ts';
import type { Engine } from '../../engine/engine.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import { consumerArn, consumerName } from '../consumer-shapes.ts';
import { decodeNextToken, encodeNextToken } from '../next-token.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { nextToken, pageLimit, streamArn, streamId, tagMap, timestamp } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';
import { checkTags } from '../tag-rules.ts';

export interface ConsumerOutput {
  readonly ConsumerName: string;
  readonly ConsumerARN: string;
  readonly ConsumerStatus: string;
  readonly ConsumerCreationTimestamp: number;
}

export interface ConsumerDescriptionOutput extends ConsumerOutput {
  readonly StreamARN: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html}. */
export function registerStreamConsumer(
  { engine }: OperationContext,
  input: unknown,
): { readonly Consumer: ConsumerOutput } {
  const request = accept(registerShape, input);
  const stream = streamOf(engine, request);
  engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  const tags = request.Tags ?? {};
  checkTags(tags);
  return { Consumer: describe(registerConsumer(engine, stream, request.ConsumerName, tags)) };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html}. */
export function deregisterStreamConsumer({ engine }: OperationContext, input: unknown): undefined {
  deregisterConsumer(engine, consumerOf(engine, accept(referenceShape, input)));
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DescribeStreamConsumer.html}. */
export function describeStreamConsumer(
  { engine }: OperationContext,
  input: unknown,
): { readonly ConsumerDescription: ConsumerDescriptionOutput } {
  const { stream, consumer } = consumerOf(engine, accept(referenceShape, input));
  return { ConsumerDescription: { ...describe(consumer), StreamARN: stream.arn } };
}

export interface ListStreamConsumersOutput {
  readonly Consumers: readonly ConsumerOutput[];
  readonly NextToken?: string;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListStreamConsumers.html}. */
export function listStreamConsumers({ engine }: OperationContext, input: unknown): ListStreamConsumersOutput {
  const request = accept(listShape, input);
  const stream = streamOf(engine, request);
  const created = request.StreamCreationTimestamp ?? undefined;
  if (created !== undefined && Math.floor(created) !== Math.floor(stream.createdAt / 1000)) {
    throw engine.streamNotFound(stream.name);
  }
  const after = request.NextToken ? pageAfter(engine, stream.arn, request.NextToken) : '';
  const consumers = [...stream.consumers.values()]
    .filter(({ name }) => name > after)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const shown = consumers.slice(0, Math.floor(request.MaxResults ?? defaultPage));
  const last = shown.at(-1);
  const output = { Consumers: shown.map(describe) };
  if (last === undefined || shown.length === consumers.length) return output;
  return { ...output, NextToken: encodeNextToken({ StreamARN: stream.arn, After: last.name }, engine.now) };
}

const defaultPage = 100;

const registerShape = structure({
  StreamARN: required(streamArn),
  ConsumerName: required(consumerName),
  StreamId: streamId,
  Tags: tagMap,
});

const referenceShape = structure({
  StreamARN: streamArn,
  ConsumerName: consumerName,
  ConsumerARN: consumerArn,
  StreamId: streamId,
});

const listShape = structure({
  StreamARN: required(streamArn),
  NextToken: nextToken,
  MaxResults: pageLimit,
  StreamCreationTimestamp: timestamp,
  StreamId: streamId,
});

const pageShape = structure({ StreamARN: required(streamArn), After: required(consumerName) });

function pageAfter(engine: Engine, arn: string, token: string): string {
  const page = accept(pageShape, decodeNextToken(token, engine.now));
  if (page.StreamARN !== arn) throw invalidArgument('NextToken is not of this stream.');
  return page.After;
}

interface ConsumerReference {
  readonly StreamARN?: string | null | undefined;
  readonly ConsumerName?: string | null | undefined;
  readonly ConsumerARN?: string | null | undefined;
}

function consumerOf(engine: Engine, reference: ConsumerReference): ConsumerOfStream {
  const { StreamARN, ConsumerName, ConsumerARN } = reference;
  if (ConsumerARN) {
    const found = consumerOfArn(engine, ConsumerARN);
    if ((StreamARN ?? found.stream.arn) !== found.stream.arn) {
      throw invalidArgument(`StreamARN ${StreamARN} is not of the stream of ConsumerARN ${ConsumerARN}.`);
    }
    if ((ConsumerName ?? found.consumer.name) !== found.consumer.name) {
      throw invalidArgument(
        `ConsumerName ${ConsumerName} and ConsumerARN ${ConsumerARN} do not refer to the same consumer.`,
      );
    }
    return found;
  }
  if (StreamARN && ConsumerName) return consumerOfName(engine, streamOf(engine, reference), ConsumerName);
  throw invalidArgument('Either ConsumerARN or both StreamARN and ConsumerName must be provided.');
}

function describe(consumer: Consumer): ConsumerOutput {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumer.status,
    ConsumerCreationTimestamp: consumer.createdAt,
  };
}
