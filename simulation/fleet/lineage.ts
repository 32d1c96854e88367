import type { Connection } from '@millrace/kinesis';
import { isOpen, parentsOf, type HashRange, type Shard } from '@millrace/kinesis/shard';
import type { Engine, LocalKinesis } from '@millrace/local';

import { streamName } from '../check/item.ts';
import type { Reshard } from '../plan/fault.ts';
import type { Random } from '../plan/random.ts';

/** The shards as the service has them, and the reshards that make them. */
export class Lineage {
  readonly #engine: Engine;
  readonly #reader: Connection['reader'];
  readonly #shards = new Map<string, Shard>();

  constructor({ engine, connection }: Pick<LocalKinesis, 'engine' | 'connection'>) {
    this.#engine = engine;
    this.#reader = connection.reader;
  }

  get shards(): readonly Shard[] {
    return [...this.#shards.values()];
  }

  get open(): readonly Shard[] {
    return this.shards.filter(isOpen).toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  }

  readonly rangeOf = (shardId: string): HashRange | undefined => this.#shards.get(shardId)?.hashRange;

  /** Whether the shard takes no more records; undefined when there is none. */
  readonly isClosed = (shardId: string): boolean | undefined => {
    const shard = this.#shards.get(shardId);
    return shard && !isOpen(shard);
  };

  parentsOf(shardId: string): readonly string[] {
    const shard = this.#shards.get(shardId);
    return shard === undefined ? [] : parentsOf(shard);
  }

  /** To be called when shards may have changed. */
  async refresh(): Promise<void> {
    for (const shard of await this.#reader.listShards(streamName)) this.#shards.set(shard.shardId, shard);
  }

  /** Whether the stream can be resharded now. */
  get settled(): boolean {
    return this.#engine.find(streamName)?.status === 'ACTIVE';
  }

  /** The calls that make up a reshard, one after the other: the stream takes one at a time. Undefined when it is impossible. */
  steps(how: Reshard, random: Random): readonly (() => void)[] {
    const { open } = this;
    const engine = this.#engine;
    const at = random.below(Math.max(1, open.length - (how === 'merge' ? 1 : 0)));
    const [one, next] = open.slice(at, at + 2);
    if (one === undefined) return [];
    const split = (shardId: string): void => engine.splitShard(streamName, shardId);
    switch (how) {
      case 'double':
        return open.length > 4 ? [] : [() => void engine.updateShardCount(streamName, open.length * 2)];
      case 'halve':
        return open.length < 2
          ? []
          : [() => void engine.updateShardCount(streamName, Math.ceil(open.length / 2))];
      case 'split':
        return open.length > 7 ? [] : [() => split(one.shardId)];
      case 'merge':
        return next === undefined ? [] : [() => engine.mergeShards(streamName, one.shardId, next.shardId)];
      case 'diamond':
      default:
        // Split, and merged again before anybody has read the halves.
        return [() => split(one.shardId), () => this.#mergeChildren(one.shardId)];
    }
  }

  #mergeChildren(parent: string): void {
    const [first, second] = this.open.filter((shard) => parentsOf(shard).includes(parent));
    if (first === undefined || second === undefined) return;
    this.#engine.mergeShards(streamName, first.shardId, second.shardId);
  }
}
