import type { MillraceError } from '../errors.ts';
import type { OutgoingRecord } from '../record/record.ts';
import { publish } from '../runtime/diagnostics.ts';
import type { Dispatch } from './dispatch.ts';
import type { Arrival, Intake } from './intake.ts';
import type { ResolvedProducerOptions } from './options.ts';
import type { Pending, Receipt } from './pending.ts';
import type { Epoch, Tally } from './tally.ts';

/** Whoever put a value, and is told what becomes of it. */
export interface Putter<In> {
  /** The value has left the door, let in or refused; there may be room for another. */
  admitted(): void;
  stored(receipt: Receipt, value: In): void;
  refused(error: unknown, value: In): void;
}

/** The rooms of a producer that a record passes through. */
export interface Rooms {
  readonly stream: string;
  readonly options: ResolvedProducerOptions;
  readonly intake: Intake;
  readonly dispatch: Dispatch;
  readonly tally: Tally;
}

/** One value on its way from the door to its fate: a single object for all of it, since there is one for every record. */
export class Submission<In> implements Arrival, Pending {
  readonly offered: OutgoingRecord | Promise<OutgoingRecord>;
  readonly signal: AbortSignal | undefined;
  record: OutgoingRecord = nothing;
  bytes = 0;
  acceptedAt = 0;
  readonly #rooms: Rooms;
  readonly #value: In;
  readonly #putter: Putter<In>;
  readonly #epoch: Epoch;

  constructor(
    rooms: Rooms,
    value: In,
    putter: Putter<In>,
    offer: { readonly record: Arrival['offered']; readonly signal: AbortSignal | undefined },
  ) {
    this.offered = offer.record;
    this.signal = offer.signal;
    this.#rooms = rooms;
    this.#value = value;
    this.#putter = putter;
    this.#epoch = rooms.tally.open();
  }

  get deadlineAt(): number {
    return this.acceptedAt + this.#rooms.options.deadlineMs;
  }

  enter(record: OutgoingRecord, bytes: number): void {
    const { dispatch, options } = this.#rooms;
    this.record = record;
    this.bytes = bytes;
    this.acceptedAt = options.clock.monotonic();
    dispatch.accept(this);
    this.#putter.admitted();
  }

  refuse(error: unknown): void {
    if (this.record === nothing) this.#putter.admitted();
    this.#rooms.tally.close(this.#epoch, false);
    this.#putter.refused(error, this.#value);
  }

  stored(receipt: Receipt): void {
    this.#rooms.intake.leave(this.bytes);
    this.#rooms.tally.close(this.#epoch, true);
    this.#putter.stored(receipt, this.#value);
  }

  /** The sink has the record before its putter is told. */
  failed(error: MillraceError): void {
    const { stream, options } = this.#rooms;
    options.meter.add('millrace.producer.lost', 1, { stream, code: error.code });
    publish('producer:undeliverable', () => ({ stream, error }));
    if (options.onUndeliverable === undefined) this.#end(error);
    else void this.#sink(error);
  }

  /** Never rejects: a sink that fails must not hide why the record failed. */
  async #sink(error: MillraceError): Promise<void> {
    const { stream, options } = this.#rooms;
    try {
      await options.onUndeliverable?.({ stream, record: this.record, error });
    } catch (cause) {
      publish('producer:sink-failed', () => ({ stream, error: cause }));
    }
    this.#end(error);
  }

  #end(error: MillraceError): void {
    this.#rooms.intake.leave(this.bytes);
    this.refuse(error);
  }
}

const nothing: OutgoingRecord = { partitionKey: '', data: new Uint8Array() };
