import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** Where a record stands in its shard. */
export interface Place {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/** Whether a record of a shard stands behind another. */
export function isBehind(one: Place, other: Place): boolean {
  const apart = BigInt(one.sequenceNumber) - BigInt(other.sequenceNumber);
  return apart > 0n || (apart === 0n && one.subSequenceNumber > other.subSequenceNumber);
}

/** Everything the workers of a group have handled, in the order they told. Records are known by their text. */
export class Handled {
  readonly #times = new Map<string, number>();
  readonly #of = new Map<string, (Place & { readonly text: string })[]>();
  #total = 0;

  add(worker: string, place: Place, text: string): void {
    this.#times.set(text, (this.#times.get(text) ?? 0) + 1);
    const { shardId, sequenceNumber, subSequenceNumber } = place;
    this.#listOf(worker).push({ shardId, sequenceNumber, subSequenceNumber, text });
    this.#total++;
  }

  /** Different records. */
  get distinct(): number {
    return this.#times.size;
  }

  /** How often a record was handled that had been before. */
  get again(): number {
    return this.#total - this.#times.size;
  }

  countOf(worker: string): number {
    return this.#of.get(worker)?.length ?? 0;
  }

  /** What a worker handled of a shard, in order. */
  of(worker: string, shardId: string): readonly (Place & { readonly text: string })[] {
    return (this.#of.get(worker) ?? []).filter((place) => place.shardId === shardId);
  }

  /** Fails unless every one of `expected` was handled. */
  assertWhole(expected: Iterable<string>): void {
    const missing = [...expected].filter((text) => !this.#times.has(text));
    assert.deepEqual(missing, [], `${missing.length} records were never handled`);
  }

  #listOf(worker: string): (Place & { readonly text: string })[] {
    const list = this.#of.get(worker) ?? [];
    this.#of.set(worker, list);
    return list;
  }
}

/** Waits for something that workers do, and fails when one of them ends instead or it takes too long. */
export async function until(
  what: string,
  done: () => boolean | Promise<boolean>,
  ended: readonly Promise<unknown>[],
  patienceMs = 90_000,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await done())) {
    assert.ok(performance.now() < deadline, `it does not take ${patienceMs / 1000} s until ${what}`);
    await Promise.race([sleep(50), ...ended]);
  }
}
