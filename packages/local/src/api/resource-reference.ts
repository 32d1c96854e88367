import { consumerOfArn } from '../engine/consumers.ts';
import type { Engine } from '../engine/engine.ts';
import { invalidArgument, ServiceError } from '../engine/service-error.ts';
import type { Stream } from '../engine/stream.ts';
import { streamOf } from './stream-reference.ts';

/** Something with tags that an ARN names. */
export interface Resource {
  readonly arn: string;
  readonly tags: Map<string, string>;
  /** The stream it is, or belongs to; a channel has no policy and none. */
  readonly stream: Stream | undefined;
}

/**
 * The stream, consumer or channel with that ARN. Throws `ResourceNotFoundException`, also for another account or
 * region, `InvalidArgumentException` for a queue.
 */
export function resourceOf(engine: Engine, arn: string): Resource {
  const [, , , region = '', account = '', ...rest] = arn.split(':');
  const resource = rest.join(':');
  if (region !== engine.options.region || account !== engine.options.accountId) {
    throw new ServiceError('ResourceNotFoundException', `Resource ${arn} not found.`);
  }
  if (resource.startsWith('channel/')) {
    const channel = engine.channels.find(arn);
    return { arn, tags: channel.tags, stream: undefined };
  }
  if (resource.includes('/consumer/')) {
    const { stream, consumer } = consumerOfArn(engine, arn);
    return { arn, tags: consumer.tags, stream };
  }
  if (!resource.startsWith('stream/')) throw invalidArgument(`Queues are not emulated: ${arn}.`);
  const stream = streamOf(engine, { StreamARN: arn });
  return { arn, tags: stream.tags, stream };
}
