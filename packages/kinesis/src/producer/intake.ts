import { MillraceError } from '../errors.ts';
import { checkPartitionKey, effectiveHashKey, type OutgoingRecord } from '../record/index.ts';
import { aborted, unlessAborted } from '../runtime/clock.ts';
import { Fifo } from '../runtime/fifo.ts';
import type { RecordLimit } from './record-limit.ts';

export interface IntakeOptions {
  readonly stream: string;
  /** Bytes that may be inside at once, counting what a record takes beside its own. */
  readonly maxBytes: number;
  readonly limit: Pick<RecordLimit, 'bytes' | 'mustLearn' | 'learn'>;
  /** Whether the stream distributes its records itself: then they have no key. */
  readonly keyless: boolean;
}

/** What a record takes of memory beside its bytes while it is inside, about: its place in lanes, its promise, its buffer. */
const RECORD_OVERHEAD = 256;

/** A record at the door, and whom to tell. */
export interface Arrival {
  readonly offered: OutgoingRecord | Promise<OutgoingRecord>;
  readonly signal: AbortSignal | undefined;
  /** Let in: `bytes` are now held until {@link Intake.leave}. */
  enter(record: OutgoingRecord, bytes: number): void;
  refuse(error: unknown): void;
}

/**
 * The door of a producer: checks records, lets them in one after another in the order they came, and makes them wait
 * while too many bytes are inside. A single record larger than the limit is let in when nothing else is.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #queue = new Fifo<Arrival>();
  #bytesInside = 0;
  #draining = false;
  #room: (() => void) | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get bytesInside(): number {
    return this.#bytesInside;
  }

  arrive(arrival: Arrival): void {
    if (this.#queue.length === 0 && !(arrival.offered instanceof Promise) && arrival.signal === undefined) {
      const bytes = this.#measure(arrival, arrival.offered);
      if (bytes === undefined) return;
      // One that may be too large waits, and everyone behind it, until that is known.
      const { limit } = this.#options;
      if (bytes <= limit.bytes && !limit.mustLearn(bytes) && this.#hasRoom(bytes)) {
        this.#enter(arrival, arrival.offered, bytes);
        return;
      }
    }
    this.#queue.push(arrival);
    if (!this.#draining) void this.#drain();
  }

  leave(bytes: number): void {
    this.#bytesInside -= bytes + RECORD_OVERHEAD;
    if (this.#room !== undefined) this.#tellRoom();
  }

  /** Refuses everyone still waiting at the door. */
  close(error: MillraceError): void {
    for (const arrival of this.#queue.empty()) arrival.refuse(error);
    this.#tellRoom();
  }

  #tellRoom(): void {
    const room = this.#room;
    this.#room = undefined;
    room?.();
  }

  /** Never rejects: what goes wrong with one arrival is told to that arrival. */
  async #drain(): Promise<void> {
    this.#draining = true;
    for (let arrival = this.#queue.first; arrival !== undefined; arrival = this.#queue.first) {
      await this.#admit(arrival);
    }
    this.#draining = false;
  }

  /** Nothing waits here without need: whoever comes once the queue is empty goes straight in. */
  async #admit(arrival: Arrival): Promise<void> {
    const { offered, signal } = arrival;
    let record: OutgoingRecord;
    try {
      record = offered instanceof Promise ? await offered : offered;
    } catch (error) {
      if (this.#leaveQueue(arrival)) arrival.refuse(error);
      return;
    }
    if (this.#queue.first !== arrival) return;
    const bytes = this.#measure(arrival, record);
    if (bytes === undefined) {
      this.#leaveQueue(arrival);
      return;
    }
    const { limit } = this.#options;
    // Whoever gives up meanwhile is told below.
    if (limit.mustLearn(bytes)) await unlessAborted(limit.learn(), signal).catch(() => {});
    if (bytes <= limit.bytes) await this.#waitForRoom(arrival, bytes);
    if (!this.#leaveQueue(arrival)) return;
    if (signal?.aborted === true) arrival.refuse(aborted(signal));
    else if (bytes > limit.bytes) arrival.refuse(this.#tooLarge(record, bytes));
    else this.#enter(arrival, record, bytes);
  }

  /** Whether it was still first in the queue; it no longer is. */
  #leaveQueue(arrival: Arrival): boolean {
    if (this.#queue.first !== arrival) return false;
    this.#queue.drop();
    return true;
  }

  async #waitForRoom(arrival: Arrival, bytes: number): Promise<void> {
    const gone = (): boolean => arrival.signal?.aborted === true || this.#queue.first !== arrival;
    while (!gone() && !this.#hasRoom(bytes)) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          arrival.signal?.removeEventListener('abort', wake);
          resolve();
        };
        this.#room = wake;
        arrival.signal?.addEventListener('abort', wake, { once: true });
      });
    }
    this.#room = undefined;
  }

  #hasRoom(bytes: number): boolean {
    return this.#bytesInside === 0 || this.#bytesInside + bytes + RECORD_OVERHEAD <= this.#options.maxBytes;
  }

  #enter(arrival: Arrival, record: OutgoingRecord, bytes: number): void {
    this.#bytesInside += bytes + RECORD_OVERHEAD;
    arrival.enter(record, bytes);
  }

  /** The record's size; undefined when it was refused for what it is. */
  #measure(arrival: Arrival, record: OutgoingRecord): number | undefined {
    try {
      if (this.#options.keyless) checkKeyless(record);
      else checkPartitionKey(record.partitionKey);
      if (record.explicitHashKey !== undefined) effectiveHashKey(record.partitionKey, record.explicitHashKey);
      return record.data.length + Buffer.byteLength(record.partitionKey) + headerBytes(record.headers);
    } catch (error) {
      arrival.refuse(error);
      return undefined;
    }
  }

  #tooLarge(record: OutgoingRecord, bytes: number): MillraceError {
    const { stream, limit } = this.#options;
    return new MillraceError('RECORD_INVALID', `A record of ${bytes} bytes is too large for ${stream}.`, {
      advice:
        'Put a reference to the data instead, compress it, or raise the stream (UpdateMaxRecordSize, to 10 MiB at most); the producer must then be allowed DescribeStreamSummary, or be told by producer.maxRecordBytes.',
      stream,
      partitionKey: record.partitionKey,
      path: 'data',
      got: bytes,
      allowed: `at most ${limit.bytes} bytes of data and partition key`,
    });
  }
}

/** Headers travel inside the KPL's format, where a record without a key would belong to another shard than it is in. */
function checkKeyless({ headers }: OutgoingRecord): void {
  if (headers === undefined) return;
  throw new MillraceError('RECORD_INVALID', 'A record without a partition key cannot carry headers.', {
    advice: 'Put what the headers say into the value, or give the stream keys.',
    path: 'headers',
    got: Object.keys(headers),
    allowed: "none in a stream of distribution 'auto'",
  });
}

/** What headers take inside the KPL's format, tags and lengths included, at the most. */
function headerBytes(headers: OutgoingRecord['headers']): number {
  if (headers === undefined) return 0;
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    bytes += Buffer.byteLength(name) + Buffer.byteLength(value) + 16;
  }
  return bytes;
}
