import { isOpen, parentsOf, type Shard } from '@millrace/kinesis/shard';

import { percent, shareOf } from './shard-document.ts';

/**
 * The lineage of shards as text: children below their parents. A shard merged from two hangs below the first of them, and
 * names the other.
 *
 *     shardId-000000000000  closed  50.0 %
 *     ├─ shardId-000000000002  open  25.0 %
 *     └─ shardId-000000000003  open  25.0 %
 */
export function renderLineage(shards: readonly Shard[]): readonly string[] {
  const known = new Set(shards.map(({ shardId }) => shardId));
  const children = new Map<string, Shard[]>();
  const roots: Shard[] = [];
  for (const shard of shards) {
    // Parents past their retention are listed no more.
    const parent = parentsOf(shard).find((id) => known.has(id));
    if (parent === undefined) roots.push(shard);
    else children.set(parent, [...(children.get(parent) ?? []), shard]);
  }
  return roots.flatMap((root) => branch(root, '', '', '', children));
}

function branch(
  shard: Shard,
  indent: string,
  knot: string,
  below: string,
  children: ReadonlyMap<string, readonly Shard[]>,
): readonly string[] {
  const parents = parentsOf(shard);
  const merged = parents.length === 2 ? `  merged from ${parents.join(' and ')}` : '';
  const state = isOpen(shard) ? 'open' : 'closed';
  const line = `${indent}${knot}${shard.shardId}  ${state}  ${percent(shareOf(shard.hashRange))}${merged}`;
  const mine = children.get(shard.shardId) ?? [];
  return [
    line,
    ...mine.flatMap((child, index) => {
      const last = index === mine.length - 1;
      return branch(child, indent + below, last ? '└─ ' : '├─ ', last ? '   ' : '│  ', children);
    }),
  ];
}
