import type { KeyPlanReport } from './key-plan.ts';

/** Twice the mean: the others are idle when this shard is full. */
const unevenFrom = 2;

/** What the keys as they are do, and whether a proposal mends it. */
export function adviseOnKeys(plans: readonly KeyPlanReport[]): readonly string[] {
  const [now, ...proposed] = plans;
  if (now === undefined || now.shards.length === 0) return [];
  const shards = now.shards.length;
  const [hottest] = now.hottest;
  const advice: string[] = [];
  if (now.distinctKeys < shards) {
    advice.push(
      `${now.distinctKeys} different keys cannot fill ${shards} shards: some get nothing. Use a key with more values.`,
    );
  }
  if (hottest !== undefined && hottest.atLeast > 1 / shards) {
    const parts = Math.max(2, Math.ceil(hottest.share * shards));
    advice.push(
      `${JSON.stringify(hottest.partitionKey)} alone is ${percentOf(hottest.share)} of the records, more than a shard's ${percentOf(1 / shards)}: no number of shards parts it. Try --salt ${parts}.`,
    );
  } else if (now.imbalance >= unevenFrom && now.distinctKeys >= shards) {
    advice.push(
      `The fullest shard has ${now.imbalance.toFixed(1)} times the mean: more keys, or shards split where the load is.`,
    );
  }
  for (const { name, imbalance } of proposed) {
    const verdict =
      imbalance < now.imbalance * 0.9 ? 'better' : imbalance > now.imbalance * 1.1 ? 'worse' : 'the same';
    advice.push(
      `${name}: ${verdict}, the fullest shard has ${imbalance.toFixed(2)} times the mean instead of ${now.imbalance.toFixed(2)}.`,
    );
  }
  return advice.length === 0 ? ['The keys spread well.'] : advice;
}

function percentOf(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}
