const registerBits = 12;
const registers = 1 << registerBits;
const exactUpTo = 20_000;

/**
 * Counts different hash keys in bounded memory: exactly up to 20,000, beyond that within about two percent
 * (HyperLogLog). The keys are MD5 already, so their bits are as good as random.
 */
export class DistinctCount {
  readonly #seen = new Set<bigint>();
  readonly #ranks = new Uint8Array(registers);
  #exact = true;

  add(hashKey: bigint): void {
    const index = Number(hashKey >> BigInt(128 - registerBits));
    const rest = (hashKey >> BigInt(128 - registerBits - 32)) & 0xffff_ffffn;
    const rank = Math.clz32(Number(rest)) + 1;
    if (rank > (this.#ranks[index] ?? 0)) this.#ranks[index] = rank;
    if (!this.#exact) return;
    this.#seen.add(hashKey);
    if (this.#seen.size <= exactUpTo) return;
    this.#exact = false;
    this.#seen.clear();
  }

  get exact(): boolean {
    return this.#exact;
  }

  get count(): number {
    if (this.#exact) return this.#seen.size;
    let sum = 0;
    for (const rank of this.#ranks) sum += 2 ** -rank;
    const alpha = 0.7213 / (1 + 1.079 / registers);
    return Math.round((alpha * registers * registers) / sum);
  }
}
