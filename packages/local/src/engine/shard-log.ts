/** A payload as it came in: base64 text from the wire, bytes from a program. Handed back as it is. */
export type Payload = string | Uint8Array;

/** The columns of consecutive records; the record at `offset` has index `base + offset`. */
export interface Segment {
  readonly base: number;
  readonly partitionKeys: string[];
  readonly payloads: Payload[];
  /** Milliseconds since the epoch, never falling. */
  readonly arrivals: Float64Array;
  /** Bytes of data and partition key, as the service counts them. */
  readonly sizes: Uint32Array;
}

/**
 * The records of one shard in order, kept as columns in segments: appending is O(1), finding a place O(log n),
 * expiring drops whole segments from the front and never touches a record. Indexes count from 1 without gaps.
 */
export class ShardLog {
  readonly #segments: Segment[] = [];
  #first = 1;
  #next = 1;
  #lastArrival = 0;

  /** Index of the oldest record still kept; equals `next` when there is none. */
  get first(): number {
    return this.#first;
  }

  /** Index the next record will get. */
  get next(): number {
    return this.#next;
  }

  /** Arrival of the newest record ever appended, 0 before the first. */
  get lastArrival(): number {
    return this.#lastArrival;
  }

  /** Answers the record's index. `arrivedAt` must not be before the previous record's. */
  append(partitionKey: string, payload: Payload, bytes: number, arrivedAt: number): number {
    let segment = this.#segments.at(-1);
    if (segment === undefined || segment.payloads.length === segment.sizes.length) {
      segment = createSegment(this.#next, segment?.sizes.length);
      this.#segments.push(segment);
    }
    const offset = segment.payloads.length;
    segment.partitionKeys.push(partitionKey);
    segment.payloads.push(payload);
    segment.arrivals[offset] = arrivedAt;
    segment.sizes[offset] = bytes;
    this.#lastArrival = arrivedAt;
    return this.#next++;
  }

  /** Forgets every record that arrived before `time`. */
  expire(time: number): void {
    this.#first = this.seek(time);
    let dropped = 0;
    for (const segment of this.#segments) {
      if (segment.base + segment.payloads.length > this.#first) break;
      dropped++;
    }
    if (dropped > 0) this.#segments.splice(0, dropped);
  }

  /** Index of the first record kept that arrived at `time` or later; `next` when none did. */
  seek(time: number): number {
    if (this.#lastArrival < time) return this.#next;
    const segment =
      this.#segments[lowest(this.#segments.length - 1, (at) => lastOf(this.#segments[at]) >= time)];
    if (segment === undefined) return this.#next;
    const offset = lowest(segment.payloads.length - 1, (at) => (segment.arrivals[at] ?? 0) >= time);
    return Math.max(this.#first, segment.base + offset);
  }

  /** Milliseconds since the epoch; `index` must be kept. */
  arrivalOf(index: number): number {
    const segment = this.#segments[this.#segmentOf(index)];
    return segment?.arrivals[index - segment.base] ?? this.#lastArrival;
  }

  /**
   * Calls `visit` for each record from `index` on until it answers false or the log ends; answers the index of the
   * record it stopped at.
   */
  scan(index: number, visit: (segment: Segment, offset: number) => boolean): number {
    let position = Math.max(index, this.#first);
    for (let at = this.#segmentOf(position); position < this.#next; at++) {
      const segment = this.#segments[at];
      if (segment === undefined) break;
      const length = segment.payloads.length;
      for (let offset = position - segment.base; offset < length; offset++) {
        if (!visit(segment, offset)) return segment.base + offset;
      }
      position = segment.base + length;
    }
    return position;
  }

  #segmentOf(index: number): number {
    return lowest(this.#segments.length - 1, (at) => {
      const segment = this.#segments[at];
      return segment !== undefined && segment.base + segment.payloads.length > index;
    });
  }
}

const firstCapacity = 64;
const largestCapacity = 4096;

/** Short logs stay small, since a stream may have thousands of shards; long ones waste no more than a segment. */
function createSegment(base: number, previousCapacity: number | undefined): Segment {
  const capacity =
    previousCapacity === undefined ? firstCapacity : Math.min(largestCapacity, previousCapacity * 2);
  return {
    base,
    partitionKeys: [],
    payloads: [],
    arrivals: new Float64Array(capacity),
    sizes: new Uint32Array(capacity),
  };
}

function lastOf(segment: Segment | undefined): number {
  return segment?.arrivals[segment.payloads.length - 1] ?? 0;
}

/** The smallest of 0…`high` that `accepts`, given that all above one accepted are accepted; `high` when none is. */
function lowest(high: number, accepts: (at: number) => boolean): number {
  let low = 0;
  let top = Math.max(0, high);
  while (low < top) {
    const middle = (low + top) >> 1;
    if (accepts(middle)) top = middle;
    else low = middle + 1;
  }
  return low;
}
