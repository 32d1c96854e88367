/** What a shard takes a second by the service's documentation. */
const shardRecords = 1000;
const shardBytes = 1_048_576;
/** A shard that has not throttled until here is not held back any more. */
const unlimitedShare = 4;
const smallestShare = 0.05;
/** Throttles of one moment are one piece of news. */
const reactionMs = 250;
const growthPerSecond = 0.1;
const decrease = 0.7;

/**
 * Holds records back from shards that throttle, and from no other. Pure: times are given, monotonic milliseconds.
 *
 * A shard is not limited until it throttles. Then it gets what the service documents for a shard, less by a factor with
 * every moment that throttles, more by a step with every second that does not (additive increase, multiplicative
 * decrease), until it has taken several times that without complaint and is let go.
 */
export class Limiter {
  readonly #shards = new Map<string, Bucket>();

  /** Milliseconds until the shard should be sent anything; 0 for now. */
  patience(shardId: string | undefined, now: number): number {
    const bucket = shardId === undefined ? undefined : this.#shards.get(shardId);
    if (bucket === undefined || shardId === undefined) return 0;
    refill(bucket, now);
    // Whole milliseconds: what a rounding error leaves of a wait would be waited for again and again.
    if (bucket.share < unlimitedShare) {
      return bucket.seconds >= 0 ? 0 : Math.ceil((-bucket.seconds * 1000) / bucket.share - 1e-6);
    }
    this.#shards.delete(shardId);
    return 0;
  }

  /** An entry of so many bytes was sent to the shard. */
  sent(shardId: string | undefined, bytes: number): void {
    const bucket = shardId === undefined ? undefined : this.#shards.get(shardId);
    // Records and bytes are two budgets; what counts is the one used up first.
    if (bucket !== undefined) bucket.seconds -= Math.max(1 / shardRecords, bytes / shardBytes);
  }

  throttled(shardId: string | undefined, now: number): void {
    if (shardId === undefined) return;
    const bucket = this.#shards.get(shardId);
    if (bucket === undefined) {
      this.#shards.set(shardId, { share: 1, seconds: 0, filledAt: now, throttledAt: now });
      return;
    }
    refill(bucket, now);
    if (now - bucket.throttledAt < reactionMs) return;
    bucket.share = Math.max(smallestShare, bucket.share * decrease);
    bucket.throttledAt = now;
  }

  /** The share of its documented rate each limited shard is sent, 0.05 to 4. */
  get shares(): ReadonlyMap<string, number> {
    return new Map([...this.#shards].map(([shardId, { share }]) => [shardId, share]));
  }
}

interface Bucket {
  share: number;
  /** Seconds of a shard's documented rate that may be used at once; negative: overdrawn. */
  seconds: number;
  filledAt: number;
  throttledAt: number;
}

function refill(bucket: Bucket, now: number): void {
  const elapsed = Math.max(0, now - bucket.filledAt) / 1000;
  bucket.seconds = Math.min(bucket.share, bucket.seconds + elapsed * bucket.share);
  bucket.share += elapsed * growthPerSecond;
  bucket.filledAt = now;
}
