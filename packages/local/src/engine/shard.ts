import type { HashRange } from '@millrace/kinesis/shard';

import { toHex, type HexHashKey } from './hash-key.ts';
import { limits } from './limits.ts';
import { END_INDEX, formatSequenceNumber, SequenceCursor } from './sequence-number.ts';
import type { RecordHeap } from './record-heap.ts';
import type { ShardState } from './state.ts';
import { ShardLog } from './shard-log.ts';
import { WindowBudget } from './window-budget.ts';

export interface ShardInit {
  readonly index: number;
  readonly range: HashRange;
  /** None, one (split) or two (merge), the lower range first. */
  readonly parents: readonly Shard[];
  /** Milliseconds since the epoch. */
  readonly openedAt: number;
  /** What it was in an earlier life. */
  readonly restored?: ShardState;
  /** Where its records are kept. */
  readonly heap: RecordHeap;
}

/** One shard: what it owns, where it comes from, and its records. */
export class Shard {
  readonly id: string;
  readonly index: number;
  readonly range: HashRange;
  readonly firstHashKey: HexHashKey;
  readonly parentIds: readonly string[];
  readonly openedAt: number;
  readonly openedSecond: number;
  readonly log: ShardLog;
  readonly numbers: SequenceCursor;
  readonly budgets: ShardBudgets;
  readonly #children: Shard[] = [];
  readonly #listeners = new Set<() => void>();
  #closedAt: number | undefined;

  constructor(init: ShardInit) {
    this.index = init.index;
    this.id = shardIdOf(init.index);
    this.range = init.range;
    this.firstHashKey = toHex(init.range.start);
    const { restored } = init;
    this.parentIds = restored?.parents.map(shardIdOf) ?? init.parents.map((parent) => parent.id);
    this.#closedAt = restored?.closedAt;
    this.openedAt = init.openedAt;
    this.log = new ShardLog(init.heap);
    // At least a second after the parents, however soon it really was: numbers of a child must be larger.
    this.openedSecond =
      restored?.openedSecond ??
      Math.max(Math.floor(init.openedAt / 1000), ...init.parents.map((parent) => parent.openedSecond + 1));
    this.numbers = new SequenceCursor(this.openedSecond, this.index);
    this.budgets = createBudgets();
    for (const parent of init.parents) parent.#children.push(this);
  }

  /** Milliseconds since the epoch; undefined while it takes records. */
  get closedAt(): number | undefined {
    return this.#closedAt;
  }

  get children(): readonly Shard[] {
    return this.#children;
  }

  get startingSequenceNumber(): string {
    return this.#number(0n, this.openedSecond);
  }

  get endingSequenceNumber(): string | undefined {
    return this.#closedAt === undefined
      ? undefined
      : this.#number(END_INDEX, Math.floor(this.#closedAt / 1000));
  }

  close(at: number): void {
    this.#closedAt = at;
    this.wake();
  }

  /** Calls `listener` after records were appended, and when the shard closes, until disposed. */
  onChange(listener: () => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  #number(index: bigint, second: number): string {
    return formatSequenceNumber({
      openedSecond: this.openedSecond,
      shardIndex: this.index,
      index,
      second,
    });
  }
}

/** What a shard takes and gives in a second, when limits are enforced. */
export interface ShardBudgets {
  readonly writeRecords: WindowBudget;
  readonly writeBytes: WindowBudget;
  readonly readCalls: WindowBudget;
  readonly readBytes: WindowBudget;
  readonly iterators: WindowBudget;
}

export function shardIdOf(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

/** The index in a shard id; also in `7` and `shardId-7`, which the service takes too. Undefined for anything else. */
export function parseShardId(text: string): number | undefined {
  const digits = /^(?:[^-]*-)?(\d+)$/.exec(text)?.[1];
  const index = digits === undefined ? Number.NaN : Number(digits);
  return index <= 2_147_483_647 ? index : undefined;
}

function createBudgets(): ShardBudgets {
  return {
    writeRecords: new WindowBudget(limits.shardWriteRecordsPerSecond),
    writeBytes: new WindowBudget(limits.shardWriteBytesPerSecond),
    readCalls: new WindowBudget(limits.shardReadCallsPerSecond),
    readBytes: new WindowBudget(limits.shardReadBytesPerSecond),
    iterators: new WindowBudget(limits.iteratorCallsPerSecond),
  };
}
