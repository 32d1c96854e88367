import { limits } from './limits.ts';
import type { Stream } from './stream.ts';

/**
 * The shards a stream on demand should have: twice its busiest minute of the last 30 days, at least what its warm
 * throughput wants, at least four. AWS publishes that a stream takes up to double its peak of 30 days and that it
 * begins with four shards, not how it gets there; here it gets there at once, when the minute is over, and goes
 * back when the peak is 30 days old.
 */
export function desiredShards(stream: Stream, now: number): number {
  const forPeak = Math.ceil(stream.throughput.peak(now) * 2);
  const desired = Math.max(limits.onDemandShards, stream.settings.warmMiBps ?? 0, forPeak);
  return Math.min(desired, limits.shardsPerStream);
}

/** Remembers the shards a stream has now as its peak, so that it keeps them when it changes to on demand. */
export function keepShards(stream: Stream, now: number): void {
  stream.throughput.remember(stream.openShards.length / 2, now);
}
