/** A measurement's name as Prometheus allows it. */
export function promName(name: string): string {
  return name.replaceAll('.', '_');
}

/** Upper ends of a histogram's buckets: in ones, twos and fives to as much as what is measured can be. */
export function promBuckets(name: string): number[] {
  const most = name.endsWith('_bytes') ? 1e9 : 1e5;
  const buckets: number[] = [0];
  for (let ten = 1; ten <= most; ten *= 10) buckets.push(ten, 2 * ten, 5 * ten);
  return buckets;
}
