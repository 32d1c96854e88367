import {
  DeregisterStreamConsumerCommand,
  DescribeStreamConsumerCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  type Consumer,
  type SubscribeToShardEvent,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis';

import { MillraceError } from '../errors.ts';
import { toSequenceNumber } from '../record/sequence-number.ts';
import type { FanOut, FanOutEvent, StreamConsumer } from '../source/fan-out.ts';
import { toMillraceError, type AwsErrorContext } from './aws-error.ts';
import type { KinesisSender } from './clients.ts';
import { needed, toChild, toRecord, toServicePosition } from './kinesis-shapes.ts';
import { SubscribeCall, type EventStreams } from './subscribe-call.ts';

/** A call about a consumer that is silent for so long has failed: every shard waits for it. */
const silenceMs = 10_000;

/** Fan-out with RegisterStreamConsumer and SubscribeToShard; what events say is read by us with `streams`, those of a client of ours. */
export function createKinesisFanOut(client: KinesisSender, streams?: EventStreams): FanOut {
  // The client is made for subscriptions, which may be silent. One that is not ours has limits of its own.
  const short = ({ signal }: { readonly signal?: AbortSignal }) => ({
    ...(streams && { requestTimeout: silenceMs }),
    ...(signal && { abortSignal: signal }),
  });
  return {
    async describeConsumer(streamArn, name, options = {}) {
      const command = new DescribeStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
      try {
        const answer = await client.send(command, short(options));
        return toConsumer(needed(answer.ConsumerDescription, 'ConsumerDescription'));
      } catch (error) {
        const failure = toMillraceError(error, {
          operation: 'DescribeStreamConsumer',
          stream: nameOf(streamArn),
        });
        if (failure.details.service === 'ResourceNotFoundException') return undefined;
        throw failure;
      }
    },

    registerConsumer: (streamArn, name, options = {}) =>
      call({ operation: 'RegisterStreamConsumer', stream: nameOf(streamArn) }, async () => {
        const command = new RegisterStreamConsumerCommand({ StreamARN: streamArn, ConsumerName: name });
        const answer = await client.send(command, short(options));
        return toConsumer(needed(answer.Consumer, 'Consumer'));
      }),

    deregisterConsumer: (consumerArn, options = {}) =>
      call({ operation: 'DeregisterStreamConsumer', stream: nameOf(consumerArn) }, async () => {
        const command = new DeregisterStreamConsumerCommand({ ConsumerARN: consumerArn });
        await client.send(command, short(options));
      }),

    subscribe: (consumerArn, shardId, position, { signal } = {}) => {
      const context = { operation: 'SubscribeToShard', stream: nameOf(consumerArn), shardId };
      return call(context, async () => {
        const place = toServicePosition(position);
        const input = {
          ConsumerARN: consumerArn,
          ShardId: shardId,
          StartingPosition: {
            Type: place.type,
            ...('timestamp' in place && { Timestamp: place.timestamp }),
            ...('sequenceNumber' in place && { SequenceNumber: place.sequenceNumber }),
          },
        };
        const options = { ...(signal && { abortSignal: signal }) };
        if (streams !== undefined) {
          const subscription = new SubscribeCall(input, streams);
          await client.send(subscription.command, options);
          return failing(subscription.events(), context);
        }
        const answer = await client.send(new SubscribeToShardCommand(input), options);
        return failing(events(needed(answer.EventStream, 'EventStream')), context);
      });
    },
  };
}

/** An error of the service comes as an exception of the iteration, or, from some servers, as an event. */
async function* events(stream: AsyncIterable<SubscribeToShardEventStream>): AsyncGenerator<FanOutEvent> {
  for await (const { SubscribeToShardEvent: event, ...other } of stream) {
    if (event !== undefined) yield toEvent(event);
    else for (const error of Object.values(other)) throw error;
  }
}

async function* failing(
  subscription: AsyncIterable<FanOutEvent>,
  context: AwsErrorContext,
): AsyncGenerator<FanOutEvent> {
  try {
    yield* subscription;
  } catch (error) {
    throw isGarbled(error) ? garbled(error, context) : toMillraceError(error, context);
  }
}

/** What takes the stream apart has no name for what it finds wrong: a checksum, a length. All other errors have one, or a code. */
function isGarbled(error: unknown): boolean {
  if (!(error instanceof Error) || 'code' in error) return false;
  return ['Error', 'RangeError', 'TypeError'].includes(error.name);
}

function garbled(cause: unknown, { stream, shardId }: AwsErrorContext): MillraceError {
  return new MillraceError('SERVICE_FAILED', `The subscription to ${shardId} cannot be read.`, {
    advice: 'It is opened anew behind the last event; if that goes on, look at what lies between.',
    retryable: true,
    ...(stream !== undefined && { stream }),
    ...(shardId !== undefined && { shardId }),
    cause,
  });
}

function toEvent(event: SubscribeToShardEvent): FanOutEvent {
  const { Records, ContinuationSequenceNumber, MillisBehindLatest, ChildShards } = event;
  return {
    records: (Records ?? []).map(toRecord),
    millisBehindLatest: MillisBehindLatest ?? 0,
    ...(ContinuationSequenceNumber && { continuation: toSequenceNumber(ContinuationSequenceNumber) }),
    ...(ChildShards !== undefined && ChildShards !== null && { childShards: ChildShards.map(toChild) }),
  };
}

function toConsumer({ ConsumerName, ConsumerARN, ConsumerStatus }: Consumer): StreamConsumer {
  const status = ConsumerStatus === 'ACTIVE' || ConsumerStatus === 'DELETING' ? ConsumerStatus : 'CREATING';
  return { name: needed(ConsumerName, 'ConsumerName'), arn: needed(ConsumerARN, 'ConsumerARN'), status };
}

/** The stream in the ARN of a stream or consumer, for messages. */
function nameOf(arn: string): string {
  return arn.split('/')[1] ?? arn;
}

async function call<T>(context: AwsErrorContext, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw toMillraceError(error, context);
  }
}
