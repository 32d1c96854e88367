import { Lane, type Berth, type Pack } from './lane.ts';
import type { Packed, Pending } from './pending.ts';

/** Says where a record waits. */
export type Berthing = (pending: Pending) => Berth;

/** Milliseconds until a shard takes more; 0 when it does now, or when the shard is not known. */
export type Patience = (shardId: string | undefined, now: number) => number;

/**
 * The lanes. One is *ready* while it holds records, none of its parcels bars the way and its shard takes records; it is
 * *parked* while its shard has had enough for now.
 */
export class LaneTable {
  readonly #inOrder: boolean;
  #berthing: Berthing;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<Lane>();
  readonly #parked = new Map<Lane, number>();
  #readyBytes = 0;
  #readyRecords = 0;
  #oldestReady = Number.POSITIVE_INFINITY;

  constructor(inOrder: boolean, berthing: Berthing) {
    this.#inOrder = inOrder;
    this.#berthing = berthing;
  }

  get readyLanes(): number {
    return this.#ready.size;
  }

  get readyBytes(): number {
    return this.#readyBytes;
  }

  get readyRecords(): number {
    return this.#readyRecords;
  }

  /** When the first of the ready records was accepted, at the latest; infinite when none is ready. */
  get oldestReady(): number {
    return this.#oldestReady;
  }

  /** When the next parked lane may go on; infinite when none is parked. */
  get unparkAt(): number {
    return Math.min(...this.#parked.values(), Number.POSITIVE_INFINITY);
  }

  get waiting(): boolean {
    return this.#ready.size > 0 || this.#parked.size > 0;
  }

  push(pending: Pending): void {
    const lane = this.#laneFor(pending);
    lane.push(pending);
    if (this.#ready.has(lane)) {
      this.#readyBytes += pending.bytes;
      this.#readyRecords++;
    } else if (!lane.busy && !this.#parked.has(lane)) this.#makeReady(lane);
  }

  /** Puts records that have been out back in front of their lanes, in their order. */
  restore(pendings: readonly Pending[]): void {
    for (const [lane, members] of groupBy(pendings, (pending) => this.#laneFor(pending))) {
      const ready = this.#ready.has(lane);
      if (ready) this.#unready(lane);
      lane.restore(members);
      if (ready || (!lane.busy && !this.#parked.has(lane))) this.#makeReady(lane);
    }
  }

  /**
   * Entries of the first ready lane whose shard takes records, or undefined: in order one, else as many as it has, up to
   * `max`. The lane then goes to the end of the queue.
   */
  take(
    pack: Pack,
    patience: Patience,
    now: number,
    max: number,
  ): { readonly packed: readonly Packed[]; readonly lane: Lane } | undefined {
    for (const lane of this.#ready) {
      this.#unready(lane);
      const wait = patience(lane.shardId, now);
      if (wait > 0) {
        this.#parked.set(lane, now + wait);
        continue;
      }
      const packed = [lane.take(pack)];
      if (this.#inOrder) {
        lane.busy = true;
      } else {
        while (packed.length < max && lane.length > 0) packed.push(lane.take(pack));
        this.#open(lane);
      }
      return { packed, lane };
    }
    return undefined;
  }

  /** The lane's parcel is settled; the next may leave. */
  free(key: string): void {
    const lane = this.#lanes.get(key);
    if (lane === undefined) return;
    lane.busy = false;
    if (!this.#ready.has(lane) && !this.#parked.has(lane)) this.#open(lane);
  }

  /** Lets the lanes go on whose shard takes records again. */
  unpark(now: number): void {
    for (const [lane, at] of this.#parked) {
      if (at > now) continue;
      this.#parked.delete(lane);
      this.#open(lane);
    }
  }

  /** Removes and returns the waiting records whose deadline is past. */
  expire(now: number): readonly Pending[] {
    const expired: Pending[] = [];
    for (const lane of this.#lanes.values()) {
      const ready = this.#ready.has(lane);
      if (ready) this.#unready(lane);
      expired.push(...lane.expire(now));
      if (ready) this.#open(lane);
      else if (lane.length === 0 && this.#parked.delete(lane)) this.#lanes.delete(lane.key);
    }
    return expired;
  }

  /** Lays the lanes anew; every waiting record moves to its new one, in the order of acceptance. */
  relay(berthing: Berthing): void {
    const waiting = [...this.#lanes.values()].flatMap((lane) => lane.empty());
    this.#berthing = berthing;
    this.#lanes.clear();
    this.#ready.clear();
    this.#parked.clear();
    this.#readyBytes = 0;
    this.#readyRecords = 0;
    this.#oldestReady = Number.POSITIVE_INFINITY;
    // Lanes held them in order; a stable sort keeps it among records of the same instant.
    for (const pending of waiting.toSorted((a, b) => a.acceptedAt - b.acceptedAt)) this.push(pending);
  }

  #laneFor(pending: Pending): Lane {
    const berth = this.#berthing(pending);
    let lane = this.#lanes.get(berth.lane);
    if (lane === undefined) {
      lane = new Lane(berth);
      this.#lanes.set(berth.lane, lane);
    }
    return lane;
  }

  /** Ready if it holds anything, gone if not. */
  #open(lane: Lane): void {
    if (lane.length > 0) this.#makeReady(lane);
    else this.#lanes.delete(lane.key);
  }

  #makeReady(lane: Lane): void {
    this.#ready.add(lane);
    this.#readyBytes += lane.bytes;
    this.#readyRecords += lane.length;
    this.#oldestReady = Math.min(this.#oldestReady, lane.oldest?.acceptedAt ?? Number.POSITIVE_INFINITY);
  }

  #unready(lane: Lane): void {
    this.#ready.delete(lane);
    this.#readyBytes -= lane.bytes;
    this.#readyRecords -= lane.length;
    if (this.#ready.size === 0) this.#oldestReady = Number.POSITIVE_INFINITY;
  }
}

function groupBy<T, K>(items: readonly T[], keyOf: (item: T) => K): ReadonlyMap<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
