import type { Position } from '@millrace/kinesis/record';

import { consumerOfArn } from './consumers.ts';
import type { Engine } from './engine.ts';
import { limits } from './limits.ts';
import { ServiceError } from './service-error.ts';
import { shardIdOf } from './shard.ts';
import { Subscription } from './subscription.ts';

export interface SubscribeOptions {
  readonly consumerArn: string;
  readonly shardId: string;
  /** Asked once consumer and shard are found. */
  position(): Position;
  /** Called once nothing stands in the way and before anything happens; may throw. */
  checked?(): void;
}

/**
 * Begins to read a shard for a consumer, and ends what the consumer read of it before. Throws
 * `ResourceNotFoundException`, `InvalidArgumentException`, and `ResourceInUseException` unless consumer and stream are
 * ACTIVE, and within five seconds of the last success.
 */
export function subscribe(engine: Engine, options: SubscribeOptions): Subscription {
  const { accountId, clock } = engine.options;
  const { stream, consumer } = consumerOfArn(engine, options.consumerArn);
  if (consumer.status !== 'ACTIVE') {
    throw new ServiceError(
      'ResourceInUseException',
      `Consumer ${consumer.name} with creation timestamp ${Math.floor(consumer.createdAt / 1000)} under stream: ` +
        `${stream.name} , account ${accountId} is not in ACTIVE status.`,
    );
  }
  engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  const iterator = engine.openIterator(
    stream.name,
    options.shardId,
    () => options.position(),
    'SubscribeToShard',
  );
  const shard = stream.shard(iterator.shardIndex, engine.now);
  if (shard === undefined) throw new Error('unreachable: an iterator is of a shard there is');
  const startedAt = clock.monotonic();
  const earlier = consumer.subscriptions.get(shard.index);
  if (earlier !== undefined) {
    const inUse = new ServiceError(
      'ResourceInUseException',
      'Another active subscription exists for this consumer: ' +
        `${accountId}:${stream.name}:${shardIdOf(shard.index)}:${consumer.name}`,
    );
    if (startedAt - earlier.startedAt < limits.resubscribeMs) throw inUse;
    options.checked?.();
    earlier.end(inUse);
  } else options.checked?.();
  const subscription = new Subscription(engine, { shard, iterator, startedAt });
  consumer.subscriptions.set(shard.index, subscription);
  return subscription;
}
