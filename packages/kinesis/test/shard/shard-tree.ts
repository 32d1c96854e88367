import { toSequenceNumber } from '@millrace/kinesis/record';
import { evenRanges, isOpen, type Shard } from '@millrace/kinesis/shard';
import fc from 'fast-check';

interface Step {
  readonly kind: 'split' | 'merge' | 'trim';
  readonly pick: number;
  /** Where to split, in thousandths of the range. */
  readonly cut: number;
}

/** A stream after any splits and merges; with trims, the oldest closed shards are missing from its listing. */
export function anyShards(kinds: readonly Step['kind'][]): fc.Arbitrary<readonly Shard[]> {
  const anyStep = fc.record<Step>({
    kind: fc.constantFrom(...kinds),
    pick: fc.nat(),
    cut: fc.integer({ min: 1, max: 999 }),
  });
  return fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.array(anyStep, { maxLength: 30 }), fc.infiniteStream(fc.nat()))
    .map(([count, steps, order]) => shuffled(steps.reduce(reshard, initial(count)), order));
}

export const anyHistory: fc.Arbitrary<readonly Shard[]> = anyShards(['split', 'merge']);
export const anyListing: fc.Arbitrary<readonly Shard[]> = anyShards(['split', 'merge', 'trim']);

function initial(count: number): readonly Shard[] {
  return evenRanges(count).map((hashRange, index) => newShard(index, hashRange));
}

function reshard(shards: readonly Shard[], { kind, pick, cut }: Step): readonly Shard[] {
  // The service trims what closed first.
  if (kind === 'trim') return withoutOldest(shards);
  const open = shards.filter(isOpen).toSorted((a, b) => (a.hashRange.start < b.hashRange.start ? -1 : 1));
  const shard = open[pick % open.length];
  const neighbour = open[(pick % open.length) + 1];
  if (shard === undefined) return shards;
  if (kind === 'split') return split(shards, shard, cut);
  return neighbour === undefined ? shards : merge(shards, shard, neighbour);
}

function split(shards: readonly Shard[], shard: Shard, cut: number): readonly Shard[] {
  const { start, end } = shard.hashRange;
  const middle = start + ((end - start) * BigInt(cut)) / 1000n;
  if (middle === start) return shards;
  const serial = nextSerial(shards);
  const parent = { parentShardId: shard.shardId };
  const left = { ...newShard(serial, { start, end: middle - 1n }), ...parent };
  const right = { ...newShard(serial + 1, { start: middle, end }), ...parent };
  return [...closed(shards, shard, serial), left, right];
}

function merge(shards: readonly Shard[], shard: Shard, neighbour: Shard): readonly Shard[] {
  const serial = nextSerial(shards);
  const hashRange = { start: shard.hashRange.start, end: neighbour.hashRange.end };
  const parents = { parentShardId: shard.shardId, adjacentParentShardId: neighbour.shardId };
  const rest = closed(closed(shards, shard, serial), neighbour, serial);
  return [...rest, { ...newShard(serial, hashRange), ...parents }];
}

function withoutOldest(shards: readonly Shard[]): readonly Shard[] {
  const [oldest] = shards
    .filter((shard) => !isOpen(shard))
    .toSorted((a, b) => Number(a.endingSequenceNumber) - Number(b.endingSequenceNumber));
  return shards.filter((shard) => shard !== oldest);
}

function nextSerial(shards: readonly Shard[]): number {
  return 1 + Math.max(...shards.map(({ shardId }) => Number(shardId.slice(-12))));
}

function newShard(serial: number, hashRange: Shard['hashRange']): Shard {
  const shardId = `shardId-${String(serial).padStart(12, '0')}`;
  return { shardId, hashRange, startingSequenceNumber: toSequenceNumber(String(serial)) };
}

function closed(shards: readonly Shard[], shard: Shard, serial: number): readonly Shard[] {
  const end = { endingSequenceNumber: toSequenceNumber(String(serial)) };
  return shards.map((each) => (each === shard ? { ...each, ...end } : each));
}

/** A listing has no order one may rely on. */
function shuffled(shards: readonly Shard[], order: Iterator<number>): readonly Shard[] {
  return shards
    .map((shard) => ({ shard, rank: Number(order.next().value) }))
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ shard }) => shard);
}
