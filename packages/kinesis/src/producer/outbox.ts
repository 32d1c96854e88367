import { Lane, type Pack } from './lane.ts';
import type { Expired, Parcel, Pending } from './pending.ts';

/** Entries the service takes in one PutRecords call. */
export const MAX_ENTRIES = 500;

export interface OutboxOptions {
  /** Whether records wait in a lane per partition key, or all in one. */
  readonly lanes: 'one' | 'per-key';
  /** Whether a lane waits for the answer to its parcel before its next one leaves. */
  readonly inOrder: boolean;
  readonly lingerMs: number;
  readonly maxRequestBytes: number;
  readonly pack: Pack;
}

/**
 * What waits to be sent, and what goes next. Pure: it knows no clock and does no I/O; the producer drives it.
 *
 * A record waits in a lane. A lane is *ready* while it holds records and none of its parcels bars the way; in order,
 * a parcel bars its lane from the moment it leaves until it is settled, through every retry, so nothing of the same
 * key can overtake it. A request is due when a retry is due, when the ready lanes fill it, when the first ready
 * record has lingered long enough, or when the producer flushes.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #ready = new Set<Lane>();
  /** Parcels to send again, each not before its time. */
  #returning: { readonly parcel: Parcel; readonly at: number }[] = [];
  /** Requests made up already: halves of one that was refused as a whole. */
  readonly #halves: (readonly Parcel[])[] = [];
  #readyBytes = 0;
  #lingerUntil = Number.POSITIVE_INFINITY;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  accept(pending: Pending): void {
    const key = this.#options.lanes === 'one' ? '' : pending.record.partitionKey;
    let lane = this.#lanes.get(key);
    if (lane === undefined) {
      lane = new Lane(key);
      this.#lanes.set(key, lane);
    }
    lane.push(pending);
    if (this.#ready.has(lane)) this.#readyBytes += pending.bytes;
    else if (!lane.busy) this.#makeReady(lane);
  }

  /** The next request that is due, or undefined. */
  next(now: number, flushing: boolean): readonly Parcel[] | undefined {
    const half = this.#halves.shift();
    if (half !== undefined) return half;
    const due = this.#returning.filter(({ at }) => at <= now);
    const fresh = this.#ready.size > 0 && (flushing || now >= this.#lingerUntil || this.#full());
    if (due.length === 0 && !fresh) return undefined;
    this.#returning = this.#returning.filter(({ at }) => at > now);
    return this.#compose(
      due.map(({ parcel }) => parcel),
      now,
    );
  }

  /** When the next request will be due if nothing else happens; undefined when nothing waits. */
  wakeAt(): number | undefined {
    let at = this.#lingerUntil;
    for (const returning of this.#returning) at = Math.min(at, returning.at);
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  /** The parcel's fate is known: its lane may go on. */
  settle(parcel: Parcel): void {
    this.#free(parcel, []);
  }

  /** The parcel goes out again, whole, not before `at`; its lane waits for it. */
  retry(parcel: Parcel, at: number): void {
    this.#returning.push({ parcel, at });
  }

  /** Some of the parcel's records have ended; the others go back to the front of their lane. */
  giveBack(parcel: Parcel, alive: readonly Pending[]): void {
    this.#free(parcel, alive);
  }

  /** The request was refused as a whole for what one of its entries holds: sends it again in halves. */
  halve(request: readonly Parcel[]): void {
    const middle = request.length >> 1;
    this.#halves.push(request.slice(0, middle), request.slice(middle));
  }

  /** Removes and returns the waiting records whose deadline is past. */
  expire(now: number): readonly Expired[] {
    const expired: Expired[] = [];
    for (const lane of this.#lanes.values()) {
      const before = lane.bytes;
      for (const pending of lane.expire(now)) expired.push({ pending, attempts: 0 });
      if (!this.#ready.has(lane)) continue;
      this.#readyBytes -= before - lane.bytes;
      if (lane.length === 0) this.#unready(lane);
    }
    const isLate = ({ deadlineAt }: Pending): boolean => deadlineAt <= now;
    const late = this.#returning.filter(({ parcel }) => parcel.members.some(isLate));
    this.#returning = this.#returning.filter((returning) => !late.includes(returning));
    for (const { parcel } of late) {
      const { attempts, error } = parcel;
      for (const pending of parcel.members.filter(isLate)) expired.push({ pending, attempts, error });
      this.#free(
        parcel,
        parcel.members.filter((member) => !isLate(member)),
      );
    }
    return expired;
  }

  /** Removes and returns everything that waits. */
  clear(): readonly Pending[] {
    const halves = this.#halves.splice(0).flatMap((half) => half.flatMap(({ members }) => members));
    return [...this.expire(Number.POSITIVE_INFINITY).map(({ pending }) => pending), ...halves];
  }

  get waiting(): boolean {
    return this.#ready.size > 0 || this.#returning.length > 0 || this.#halves.length > 0;
  }

  #compose(due: readonly Parcel[], now: number): readonly Parcel[] {
    const request: Parcel[] = [];
    let bytes = 0;
    const add = (parcel: Parcel): boolean => {
      const fits = request.length < MAX_ENTRIES && bytes + parcel.bytes <= this.#options.maxRequestBytes;
      // A parcel larger than the request limit still has to go: alone.
      if (!fits && request.length > 0) {
        this.#returning.push({ parcel, at: now });
        return false;
      }
      request.push(parcel);
      bytes += parcel.bytes;
      return true;
    };
    for (const parcel of due) add(parcel);
    while (request.length < MAX_ENTRIES) {
      const [lane] = this.#ready;
      if (lane === undefined) break;
      if (!add(this.#takeFrom(lane))) break;
    }
    return request;
  }

  #takeFrom(lane: Lane): Parcel {
    this.#unready(lane);
    const parcel = lane.take(this.#options.pack);
    lane.busy = this.#options.inOrder;
    if (!lane.busy && lane.length > 0) this.#makeReady(lane);
    else if (!lane.busy) this.#lanes.delete(lane.key);
    return parcel;
  }

  #free(parcel: Parcel, alive: readonly Pending[]): void {
    if (!this.#options.inOrder) {
      for (const pending of alive) this.accept(pending);
      return;
    }
    const lane = this.#lanes.get(this.#options.lanes === 'one' ? '' : parcel.record.partitionKey);
    if (lane === undefined) return;
    lane.restore(alive);
    lane.busy = false;
    if (lane.length > 0) this.#makeReady(lane);
    else this.#lanes.delete(lane.key);
  }

  #makeReady(lane: Lane): void {
    this.#ready.add(lane);
    this.#readyBytes += lane.bytes;
    const since = lane.oldest?.acceptedAt ?? Number.POSITIVE_INFINITY;
    this.#lingerUntil = Math.min(this.#lingerUntil, since + this.#options.lingerMs);
  }

  #unready(lane: Lane): void {
    this.#ready.delete(lane);
    this.#readyBytes -= lane.bytes;
    if (this.#ready.size === 0) this.#lingerUntil = Number.POSITIVE_INFINITY;
  }

  #full(): boolean {
    if (this.#readyBytes >= this.#options.maxRequestBytes) return true;
    if (this.#options.lanes === 'per-key') return this.#ready.size >= MAX_ENTRIES;
    return (this.#lanes.get('')?.length ?? 0) >= MAX_ENTRIES;
  }
}
