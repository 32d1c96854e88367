import type { Connection } from '@millrace/kinesis';
import { isOpen, parentsOf, type HashRange, type Shard } from '@millrace/kinesis/shard';
import type { Engine, LocalKinesis } from '@millrace/local';

import { shardName } from '../check/item.ts';
import type { Reshard } from '../plan/fault.ts';
import type { Random } from '../plan/random.ts';

/** The shards of a stream as the service has had them, and the reshards that make them. */
export class Lineage {
  readonly stream: string;
  readonly #engine: Engine;
  readonly #reader: Connection['reader'];
  readonly #shards = new Map<string, Shard>();
  /** What the service has listed since when, virtual milliseconds. */
  readonly #listings: { readonly at: number; readonly shards: readonly Shard[] }[] = [];

  constructor(stream: string, { engine, connection }: Pick<LocalKinesis, 'engine' | 'connection'>) {
    this.stream = stream;
    this.#engine = engine;
    this.#reader = connection.reader;
  }

  get open(): readonly Shard[] {
    const shards = [...this.#shards.values()];
    return shards.filter(isOpen).toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  }

  rangeOf(shardId: string): HashRange | undefined {
    return this.#shards.get(shardId)?.hashRange;
  }

  /** Whether the shard takes no more records; undefined when there is none, or its retention is over. */
  isClosed(shardId: string): boolean | undefined {
    const engine = this.#engine;
    const shard = engine
      .find(this.stream)
      ?.shards(engine.now)
      .find(({ id }) => id === shardId);
    return shard && shard.closedAt !== undefined;
  }

  /** When the shard's newest record arrived, by the service's clock. */
  lastArrival(shardId: string): number {
    const shards = this.#engine.find(this.stream)?.allShards ?? [];
    return shards.find(({ id }) => id === shardId)?.log.lastArrival ?? Number.NaN;
  }

  parentsOf(shardId: string): readonly string[] {
    const shard = this.#shards.get(shardId);
    return shard === undefined ? [] : parentsOf(shard);
  }

  /** To be called when shards may have changed. */
  async refresh(now: number): Promise<void> {
    const shards = await this.#reader.listShards(this.stream);
    for (const shard of shards) this.#shards.set(shard.shardId, shard);
    this.#listings.push({ at: now, shards });
  }

  /** What the service listed then. */
  listedAt(then: number): readonly Shard[] {
    const [first] = this.#listings;
    return (this.#listings.findLast(({ at }) => at <= then) ?? first)?.shards ?? [];
  }

  /** Whether the stream can be resharded now. */
  get settled(): boolean {
    return this.#engine.find(this.stream)?.status === 'ACTIVE';
  }

  /** The calls that make up a reshard, one after the other: the stream takes one at a time. None when it is impossible. */
  steps(how: Reshard, random: Random): readonly (() => void)[] {
    const { open, stream } = this;
    const engine = this.#engine;
    const at = random.below(Math.max(1, open.length - (how === 'merge' ? 1 : 0)));
    const [one, next] = open.slice(at, at + 2);
    if (one === undefined) return [];
    const split = (shardId: string): void => engine.splitShard(stream, shardId);
    switch (how) {
      case 'double':
        return open.length > 4 ? [] : [() => void engine.updateShardCount(stream, open.length * 2)];
      case 'halve':
        return open.length < 2
          ? []
          : [() => void engine.updateShardCount(stream, Math.ceil(open.length / 2))];
      case 'split':
        return open.length > 7 ? [] : [() => split(one.shardId)];
      case 'merge':
        return next === undefined ? [] : [() => engine.mergeShards(stream, one.shardId, next.shardId)];
      case 'diamond':
      default:
        // Split, and merged again before anybody has read the halves.
        return [() => split(one.shardId), () => this.#mergeChildren(one.shardId)];
    }
  }

  #mergeChildren(parent: string): void {
    const [first, second] = this.open.filter((shard) => parentsOf(shard).includes(parent));
    if (first === undefined || second === undefined) return;
    this.#engine.mergeShards(this.stream, first.shardId, second.shardId);
  }
}

/** The lineages of all streams, asked by the names of shards. */
export class Lineages {
  readonly all: readonly Lineage[];
  readonly #byStream: ReadonlyMap<string, Lineage>;

  constructor(all: readonly Lineage[]) {
    this.all = all;
    this.#byStream = new Map(all.map((lineage) => [lineage.stream, lineage]));
  }

  /** Whether every stream can be resharded now. */
  get settled(): boolean {
    return this.all.every(({ settled }) => settled);
  }

  /** The names of the shards that take records. */
  get open(): readonly string[] {
    return this.all.flatMap(({ stream, open }) => open.map(({ shardId }) => shardName(stream, shardId)));
  }

  readonly rangeOf = (shard: string): HashRange | undefined => {
    const { lineage, shardId } = this.#of(shard);
    return lineage?.rangeOf(shardId);
  };

  readonly isClosed = (shard: string): boolean | undefined => {
    const { lineage, shardId } = this.#of(shard);
    return lineage?.isClosed(shardId);
  };

  listedAt(stream: string, then: number): readonly Shard[] {
    return this.#byStream.get(stream)?.listedAt(then) ?? [];
  }

  lastArrival(shard: string): number {
    const { lineage, shardId } = this.#of(shard);
    return lineage?.lastArrival(shardId) ?? Number.NaN;
  }

  parentsOf(shard: string): readonly string[] {
    const { lineage, shardId } = this.#of(shard);
    return lineage?.parentsOf(shardId).map((parent) => shardName(lineage.stream, parent)) ?? [];
  }

  #of(shard: string): { readonly lineage: Lineage | undefined; readonly shardId: string } {
    const [stream = '', shardId = ''] = shard.split('/');
    return { lineage: this.#byStream.get(stream), shardId };
  }
}
