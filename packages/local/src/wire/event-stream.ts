import { EventStreamCodec } from '@smithy/core/event-streams';

import type { ShardEvent, ShardEvents } from '../api/shard-events.ts';
import { isServiceError, ServiceError } from '../engine/service-error.ts';
import type { ByteStream } from './message.ts';

export const eventStreamContentType = 'application/vnd.amazon.eventstream';

/** How the payload of what is no event is written: as the client asked for its answers. */
export interface EventFormat {
  readonly contentType: string;
  /** The members of the initial response: none. */
  readonly nothing: Uint8Array;
  encodeMessage(message: string): Uint8Array;
}

/**
 * The body of SubscribeToShard: an initial response, then a message for each event, read when the reader asks for
 * it. Whatever ends it early is the last message.
 */
export class EventStreamBody implements ByteStream {
  readonly #events: ShardEvents<Uint8Array>;
  readonly #format: EventFormat;
  readonly #codec = new EventStreamCodec(
    (bytes) => Buffer.from(bytes).toString(),
    (text) => Buffer.from(text),
  );
  #begun = false;

  constructor(events: ShardEvents<Uint8Array>, format: EventFormat) {
    this.#events = events;
    this.#format = format;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (!this.#begun) {
      this.#begun = true;
      return { done: false, value: this.#message('event', 'initial-response', this.#format.nothing) };
    }
    try {
      const result = await this.#events.next();
      if (result.done === true) return { done: true, value: undefined };
      return { done: false, value: this.#encode(result.value) };
    } catch (error) {
      await this.#events.return();
      return { done: false, value: this.#failure(error) };
    }
  }

  async return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.#begun = true;
    await this.#events.return();
    return { done: true, value: undefined };
  }

  #encode(event: ShardEvent<Uint8Array>): Uint8Array {
    if (event.type === 'error') return this.#failure(event.error);
    return this.#message('event', 'SubscribeToShardEvent', event.event);
  }

  #failure(error: unknown): Uint8Array {
    const known = isServiceError(error) ? error : new ServiceError('InternalFailure');
    // The event stream has a name of its own for what is InternalFailure elsewhere.
    const type = known.type === 'InternalFailure' ? 'InternalFailureException' : known.type;
    return this.#message('exception', type, this.#format.encodeMessage(known.message));
  }

  #message(kind: 'event' | 'exception', type: string, body: Uint8Array): Uint8Array {
    return this.#codec.encode({
      headers: {
        [`:${kind}-type`]: { type: 'string', value: type },
        ':content-type': { type: 'string', value: this.#format.contentType },
        ':message-type': { type: 'string', value: kind },
      },
      body,
    });
  }
}
