import type { Pack } from './lane.ts';
import { LaneTable, type Berthing, type Patience } from './lane-table.ts';
import type { Expired, Parcel, Pending } from './pending.ts';

/** Entries the service takes in one PutRecords call. */
export const MAX_ENTRIES = 500;
/** More in one call makes it no cheaper, and every record that waits costs the garbage collector. */
const ENOUGH_BYTES = 1_048_576;

export interface OutboxOptions {
  /** Whether a lane waits for the answer to its parcel before its next one leaves. */
  readonly inOrder: boolean;
  /** Whether every waiting record could leave now as an entry of its own. */
  readonly entryPerRecord: boolean;
  readonly lingerMs: number;
  readonly maxRequestBytes: number;
  readonly pack: Pack;
  readonly berthing: Berthing;
  readonly patience: Patience;
}

/**
 * What waits to be sent, and what goes next. Pure: it knows no clock and does no I/O; the dispatch drives it.
 *
 * A record waits in a lane. In order, a parcel bars its lane from the moment it leaves until it is settled, through
 * every retry, so nothing of the same lane can overtake it. A request is due when a retry is due, when the ready lanes
 * fill it, when the first ready record has lingered long enough, or when the producer flushes.
 *
 * The lanes can be laid anew (the stream was resharded): what waits moves to its new lane, and in order nothing leaves
 * until every parcel of the old lanes is settled or back.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #lanes: LaneTable;
  /** Parcels to send again, each not before its time. */
  #returning: { readonly parcel: Parcel; readonly at: number }[] = [];
  /** Requests made up already: halves of one that was refused as a whole. */
  readonly #halves: (readonly Parcel[])[] = [];
  #epoch = 0;
  /** Parcels with the service now, of this laying of the lanes and of earlier ones. */
  #out = 0;
  #outOfOld = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#lanes = new LaneTable(options.inOrder, options.berthing);
  }

  accept(pending: Pending): void {
    this.#lanes.push(pending);
  }

  get waiting(): boolean {
    return this.#lanes.waiting || this.#returning.length > 0 || this.#halves.length > 0;
  }

  /** The next request that is due, or undefined. */
  next(now: number, flushing: boolean): readonly Parcel[] | undefined {
    this.#lanes.unpark(now);
    const request = this.#halves.shift() ?? this.#compose(now, flushing);
    if (request === undefined || request.length === 0) return undefined;
    this.#out += request.length;
    return request;
  }

  /** When the next request will be due if nothing else happens; undefined when nothing waits. */
  wakeAt(): number | undefined {
    const lingered = this.#barred
      ? Number.POSITIVE_INFINITY
      : this.#lanes.oldestReady + this.#options.lingerMs;
    let at = Math.min(lingered, this.#lanes.unparkAt);
    for (const returning of this.#returning) at = Math.min(at, returning.at);
    return at === Number.POSITIVE_INFINITY ? undefined : at;
  }

  /** The parcel's fate is known: its lane may go on. */
  settle(parcel: Parcel): void {
    this.#back(parcel);
    this.#release(parcel);
  }

  /** The parcel goes out again, whole, not before `at`; its lane waits for it. */
  retry(parcel: Parcel, at: number): void {
    this.#back(parcel);
    if (parcel.epoch === this.#epoch) this.#returning.push({ parcel, at });
    else this.#lanes.restore(parcel.members);
  }

  /** Some of the parcel's records have ended; the others go back to the front of their lanes. */
  giveBack(parcel: Parcel, alive: readonly Pending[]): void {
    this.#back(parcel);
    this.#lanes.restore(alive);
    this.#release(parcel);
  }

  /** The request was refused as a whole for what one of its entries holds: sends it again in halves. */
  halve(request: readonly Parcel[]): void {
    for (const parcel of request) this.#back(parcel);
    const middle = request.length >> 1;
    this.#halves.push(request.slice(0, middle), request.slice(middle));
  }

  /** Lays the lanes anew. */
  relay(berthing: Berthing): void {
    const returned = [...this.#returning.map(({ parcel }) => parcel), ...this.#halves.splice(0).flat()];
    this.#returning = [];
    this.#epoch++;
    this.#outOfOld = this.#out;
    this.#lanes.relay(berthing);
    this.#lanes.restore(
      returned.flatMap(({ members }) => members).toSorted((a, b) => a.acceptedAt - b.acceptedAt),
    );
  }

  /** Removes and returns the waiting records whose deadline is past. */
  expire(now: number): readonly Expired[] {
    const expired: Expired[] = this.#lanes.expire(now).map((pending) => ({ pending, attempts: 0 }));
    const isLate = ({ deadlineAt }: Pending): boolean => deadlineAt <= now;
    const late = this.#returning.filter(({ parcel }) => parcel.members.some(isLate));
    this.#returning = this.#returning.filter((returning) => !late.includes(returning));
    for (const { parcel } of late) {
      const { attempts, error } = parcel;
      for (const pending of parcel.members.filter(isLate)) expired.push({ pending, attempts, error });
      this.#lanes.restore(parcel.members.filter((member) => !isLate(member)));
      this.#release(parcel);
    }
    return expired;
  }

  /** Removes and returns everything that waits. */
  clear(): readonly Pending[] {
    const halves = this.#halves.splice(0).flatMap((half) => half.flatMap(({ members }) => members));
    return [...this.expire(Number.POSITIVE_INFINITY).map(({ pending }) => pending), ...halves];
  }

  get #barred(): boolean {
    return this.#options.inOrder && this.#outOfOld > 0;
  }

  #compose(now: number, flushing: boolean): readonly Parcel[] | undefined {
    const { lingerMs, maxRequestBytes, pack, patience } = this.#options;
    const due = this.#returning.filter(({ at }) => at <= now);
    const lingered = now >= this.#lanes.oldestReady + lingerMs;
    const fresh = !this.#barred && this.#lanes.readyLanes > 0 && (flushing || lingered || this.full);
    if (due.length === 0 && !fresh) return undefined;
    this.#returning = this.#returning.filter(({ at }) => at > now);
    const request: Parcel[] = [];
    let bytes = 0;
    const add = (parcel: Parcel): boolean => {
      // A parcel larger than the request limit still has to go: alone.
      if (request.length > 0 && (request.length >= MAX_ENTRIES || bytes + parcel.bytes > maxRequestBytes)) {
        this.#returning.push({ parcel, at: now });
        return false;
      }
      request.push(parcel);
      bytes += parcel.bytes;
      return true;
    };
    for (const { parcel } of due) add(parcel);
    for (let open = !this.#barred; open && request.length < MAX_ENTRIES;) {
      const taken = this.#lanes.take(pack, patience, now, MAX_ENTRIES - request.length);
      if (taken === undefined) break;
      const { key: lane, shardId } = taken.lane;
      for (const { record, members, bytes: size } of taken.packed) {
        const parcel = { record, members, bytes: size, lane, shardId, epoch: this.#epoch, attempts: 0 };
        if (!add(parcel)) open = false;
      }
    }
    return request;
  }

  /** Whether what is ready is worth a request. */
  get full(): boolean {
    const { readyBytes, readyLanes, readyRecords } = this.#lanes;
    const enough = Math.min(this.#options.maxRequestBytes, ENOUGH_BYTES);
    if (readyBytes >= enough || readyLanes >= MAX_ENTRIES) return true;
    return this.#options.entryPerRecord && readyRecords >= MAX_ENTRIES;
  }

  /** The service has answered for it. */
  #back(parcel: Parcel): void {
    this.#out--;
    if (parcel.epoch !== this.#epoch) this.#outOfOld--;
  }

  #release(parcel: Parcel): void {
    if (this.#options.inOrder && parcel.epoch === this.#epoch) this.#lanes.free(parcel.lane);
  }
}
