import { backoffDelay, type Backoff } from '../runtime/backoff.ts';
import type { Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { oneAtATime } from '../runtime/one-at-a-time.ts';
import type { HashRange } from '../shard/hash-range.ts';
import { createShardMap, type ShardMap } from '../shard/shard-map.ts';
import type { Shard } from '../shard/shard.ts';

/** The port a producer learns a stream's shards through: ListShards, all pages. */
export interface ShardLister {
  listShards(stream: string, options?: { readonly signal?: AbortSignal }): Promise<readonly Shard[]>;
}

export interface ShardFollowerOptions {
  readonly stream: string;
  readonly lister: ShardLister;
  readonly clock: Clock;
  /** Called with every map that differs from the one before. */
  readonly onChange: (map: ShardMap) => void;
}

const maxAgeMs = 60_000;
const backoff: Backoff = { baseMs: 1000, capMs: 30_000 };

/**
 * Knows the stream's shards: asks when first needed, again when a minute has passed and somebody looks, and at once
 * when an answer shows that the map is wrong. Never more than one question at a time; after a failure it waits longer
 * before each next one, and the last good map stays.
 */
export class ShardFollower {
  readonly #options: ShardFollowerOptions;
  #listing: readonly Shard[] = [];
  #map: ShardMap | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;
  #retryAt = Number.NEGATIVE_INFINITY;
  #failures = 0;
  readonly #stop = new AbortController();
  /** Asks now, unless a question is under way or the last failed a moment ago. Never rejects. */
  readonly refresh: () => Promise<void> = oneAtATime(() => this.#ask());

  constructor(options: ShardFollowerOptions) {
    this.#options = options;
  }

  get map(): ShardMap | undefined {
    const now = this.#options.clock.monotonic();
    if (now - this.#askedAt >= maxAgeMs && now >= this.#retryAt) void this.refresh();
    return this.#map;
  }

  /** The hash keys a shard owns, open or closed; undefined when it was never listed. */
  rangeOf(shardId: string): HashRange | undefined {
    return this.#listing.find((shard) => shard.shardId === shardId)?.hashRange;
  }

  stop(): void {
    this.#stop.abort();
  }

  async #ask(): Promise<void> {
    const { stream, lister, clock, onChange } = this.#options;
    if (clock.monotonic() < this.#retryAt) return;
    this.#askedAt = clock.monotonic();
    try {
      const listing = await lister.listShards(stream, { signal: this.#stop.signal });
      this.#failures = 0;
      const changed = signature(listing) !== signature(this.#listing);
      this.#listing = listing;
      if (!changed && this.#map !== undefined) return;
      this.#map = createShardMap(listing);
      publish('producer:shard-map', () => ({ stream, shards: this.#map?.shards.length }));
      onChange(this.#map);
    } catch (error) {
      this.#failures++;
      this.#retryAt = clock.monotonic() + backoffDelay(backoff, this.#failures, clock);
      publish('producer:shard-map-failed', () => ({ stream, error }));
    }
  }
}

function signature(listing: readonly Shard[]): string {
  return listing
    .map(({ shardId, endingSequenceNumber }) => `${shardId}${endingSequenceNumber === undefined ? '' : '!'}`)
    .toSorted()
    .join();
}
