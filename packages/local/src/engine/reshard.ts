import { evenRanges, type HashRange } from '@millrace/kinesis/shard';

/** Ranges of shards that end together and of those that begin in their place. One into two, or two into one. */
export interface ReshardStep {
  readonly close: readonly HashRange[];
  readonly open: readonly HashRange[];
}

/** `range` cut so that the upper part begins at `start`, which lies inside it. */
export function splitStep(range: HashRange, start: bigint): ReshardStep {
  return {
    close: [range],
    open: [
      { start: range.start, end: start - 1n },
      { start, end: range.end },
    ],
  };
}

/** Two adjacent ranges, the lower first, as one. */
export function mergeStep(lower: HashRange, upper: HashRange): ReshardStep {
  return { close: [lower, upper], open: [{ start: lower.start, end: upper.end }] };
}

/**
 * The steps from `ranges`, in order and without gaps, to `target` ranges of equal size. The service has no resize:
 * it splits at every new boundary and then merges what lies between two of them, so doubling is one split per
 * shard, halving one merge per pair, and anything else leaves short-lived shards in the lineage.
 */
export function uniformSteps(ranges: readonly HashRange[], target: number): readonly ReshardStep[] {
  const boundaries = evenRanges(target).map((range) => nearest(ranges, range.start, BigInt(target)));
  const steps: ReshardStep[] = [];
  const pieces = cutAll(ranges, boundaries, steps);
  mergeBetween(pieces, new Set(boundaries), steps);
  return steps;
}

/**
 * A boundary that is there already when it is off by no more than rounding: 2^128 / 3 and 2 × (2^128 / 6) differ by
 * one, and no shard should be split for that.
 */
function nearest(ranges: readonly HashRange[], boundary: bigint, tolerance: bigint): bigint {
  const near = ranges.find((range) => {
    const distance = range.start - boundary;
    return distance <= tolerance && -distance <= tolerance;
  });
  return near?.start ?? boundary;
}

function cutAll(
  ranges: readonly HashRange[],
  boundaries: readonly bigint[],
  steps: ReshardStep[],
): readonly HashRange[] {
  const pieces: HashRange[] = [];
  let next = 0;
  for (const range of ranges) {
    let rest = range;
    for (; next < boundaries.length; next++) {
      const boundary = boundaries[next];
      if (boundary === undefined || boundary > range.end) break;
      if (boundary <= rest.start) continue;
      const step = splitStep(rest, boundary);
      steps.push(step);
      pieces.push({ start: rest.start, end: boundary - 1n });
      rest = { start: boundary, end: range.end };
    }
    pieces.push(rest);
  }
  return pieces;
}

function mergeBetween(
  pieces: readonly HashRange[],
  boundaries: ReadonlySet<bigint>,
  steps: ReshardStep[],
): void {
  let merged: HashRange | undefined;
  for (const piece of pieces) {
    if (merged === undefined || boundaries.has(piece.start)) {
      merged = piece;
      continue;
    }
    steps.push(mergeStep(merged, piece));
    merged = { start: merged.start, end: piece.end };
  }
}
