import { Readable } from 'node:stream';

import {
  SubscribeToShardCommand,
  type KinesisClient,
  type SubscribeToShardCommandInput,
} from '@aws-sdk/client-kinesis';

import { memberOf } from '../runtime/unknown-value.ts';
import type { FanOutEvent } from '../source/fan-out.ts';
import { readSubscriptionEvent } from './get-records-answer.ts';
import { beforeReading, takeBody } from './http-message.ts';

/** What takes an event stream apart and checks each of its messages: the SDK's own. */
export type EventStreams = Pick<KinesisClient['config']['eventStreamMarshaller'], 'deserialize'>;

/** A message as it is handed to who reads it, under its type. */
type Messages = Parameters<Parameters<EventStreams['deserialize']>[1]>[0];

/**
 * One SubscribeToShard call that goes through everything the SDK's client does but for the last step: what events say is read
 * by us, since the SDK walks them by their schema, value by value, which costs more than all the rest of receiving them.
 *
 * See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_SubscribeToShard.html}.
 */
export class SubscribeCall {
  readonly command: SubscribeToShardCommand;
  #events: AsyncIterable<{ readonly event?: FanOutEvent }> | undefined;

  constructor(input: SubscribeToShardCommandInput, streams: EventStreams) {
    this.command = new SubscribeToShardCommand(input);
    const step = takeBody((body) => {
      this.#events = streams.deserialize(body, read);
      // An event stream of nothing.
      return Readable.from([]);
    });
    this.command.middlewareStack.add(step, beforeReading);
  }

  /** Once the command was sent. Throws what the service says went wrong, by the service's name of it. */
  async *events(): AsyncGenerator<FanOutEvent> {
    for await (const { event } of this.#events ?? []) if (event !== undefined) yield event;
  }
}

/** What is no event of ours and no failure, as the initial response, is nothing. */
async function read(messages: Messages): Promise<{ readonly event?: FanOutEvent }> {
  for (const [type, { headers, body }] of Object.entries(messages)) {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    if (headers[':message-type']?.value === 'exception') throw failure(type, bytes);
    if (type === 'SubscribeToShardEvent') return { event: readSubscriptionEvent(bytes) };
  }
  return {};
}

function failure(name: string, body: Buffer): Error {
  const text = memberOf(JSON.parse(body.toString()), 'message');
  return Object.assign(new Error(typeof text === 'string' ? text : ''), { name });
}
