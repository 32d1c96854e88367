import { isObject } from '@millrace/kinesis/runtime';

import { hexOfDecimal } from '../engine/hash-key.ts';
import type { Engine } from '../engine/engine.ts';
import { parseShardId, shardIdOf } from '../engine/shard.ts';
import { decodeIterator } from '../engine/shard-iterator.ts';

/** What a request is about, as far as can be told before it is checked. */
export interface CallSubject {
  readonly stream: string | undefined;
  readonly shardId: string | undefined;
  /** Name of the consumer. */
  readonly consumer: string | undefined;
}

const nothing: CallSubject = { stream: undefined, shardId: undefined, consumer: undefined };

export function subjectOf(engine: Engine, input: unknown): CallSubject {
  if (!isObject(input)) return nothing;
  const { StreamName: name, StreamARN: arn, ConsumerARN: consumerArn, ShardIterator: iterator } = input;
  if (typeof iterator === 'string') return subjectOfIterator(engine, iterator);
  const stream = typeof name === 'string' ? name : partOf(arn, 1);
  if (typeof consumerArn === 'string') {
    return {
      stream: partOf(consumerArn, 1),
      shardId: namedShard(input['ShardId']),
      consumer: partOf(consumerArn, 3)?.split(':')[0],
    };
  }
  if (stream === undefined) return nothing;
  return { stream, shardId: namedShard(input['ShardId']), consumer: undefined };
}

/** Where a PutRecord would go; undefined for other calls. */
export function shardOfPut(engine: Engine, name: string | undefined, input: unknown): string | undefined {
  if (name === undefined || !isObject(input)) return undefined;
  const { PartitionKey: key, ExplicitHashKey: explicit } = input;
  const stream = engine.find(name);
  if (typeof key !== 'string' || stream === undefined || stream.openShards.length === 0) return undefined;
  const hashKey =
    typeof explicit === 'string' && /^\d{1,39}$/.test(explicit) ? hexOfDecimal(explicit) : undefined;
  return (hashKey === undefined ? stream.router.byPartitionKey(key) : stream.router.byHashKey(hashKey)).id;
}

function subjectOfIterator(engine: Engine, text: string): CallSubject {
  try {
    const { stream, shardIndex } = decodeIterator(text, engine.now);
    return { stream, shardId: shardIdOf(shardIndex), consumer: undefined };
  } catch {
    return nothing;
  }
}

/** Of `arn:…:stream/NAME/consumer/NAME:NUMBER`, between its slashes. */
function partOf(arn: unknown, at: number): string | undefined {
  return typeof arn === 'string' ? arn.split('/')[at] : undefined;
}

function namedShard(shardId: unknown): string | undefined {
  const index = typeof shardId === 'string' ? parseShardId(shardId) : undefined;
  return index === undefined ? undefined : shardIdOf(index);
}
