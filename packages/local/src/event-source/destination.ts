import { toEvent, type EventContext } from './event.ts';
import { failureKey, toFailureDocument, type Failure } from './failure-document.ts';
import type { MappingRecord } from './record.ts';
import type { WindowPart } from './tumbling-window.ts';

/** Takes what is sent to a queue, a topic or a bucket. Throws what it could not. */
export interface DestinationSink {
  send(queueArn: string, body: string): Promise<void>;
  publish(topicArn: string, message: string): Promise<void>;
  put(bucket: string, key: string, body: string): Promise<void>;
}

export interface Delivery {
  readonly destination: string;
  readonly mappingId: string;
  readonly failure: Failure;
  readonly records: readonly MappingRecord[];
  readonly context: EventContext;
  /** What a tumbling window added to the event: given up at its end, its state is all there is. */
  readonly window: WindowPart | undefined;
  readonly s3Payload: 'text' | 'object';
  /** For the object's name. */
  readonly uuid: () => string;
}

/**
 * Sends the document of a failure where the mapping says: to a bucket with the event, to a queue or topic without.
 * Throws for a FIFO queue or topic, which AWS does not deliver to either, and for what the sink throws.
 */
export async function deliver(sink: DestinationSink, delivery: Delivery): Promise<void> {
  const { destination, failure } = delivery;
  const [, , service = '', , , resource = ''] = destination.split(':');
  const document = toFailureDocument(failure);
  switch (service) {
    case 'sqs':
      if (resource.endsWith('.fifo'))
        throw new Error('FIFO queues are not destinations of Kinesis mappings.');
      return sink.send(destination, JSON.stringify(document));
    case 'sns':
      if (resource.endsWith('.fifo'))
        throw new Error('FIFO topics are not destinations of Kinesis mappings.');
      return sink.publish(destination, JSON.stringify(document));
    case 's3': {
      const event = toEvent(delivery.records, delivery.context, delivery.window);
      const payload = delivery.s3Payload === 'text' ? JSON.stringify(event) : event;
      const key = failureKey(delivery.mappingId, failure.shardId, failure.at, delivery.uuid());
      return sink.put(resource, key, JSON.stringify({ ...document, payload }));
    }
    default:
      throw new Error(`${destination} is neither a queue, a topic nor a bucket.`);
  }
}
