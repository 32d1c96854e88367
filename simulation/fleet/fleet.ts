import type { Connection, Consumer } from '@millrace/kinesis';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import type { Shard } from '@millrace/kinesis/shard';

import { itemStream, streamName, type Value } from '../check/item.ts';
import type { Checks } from '../check/checks.ts';
import type { Fault, Victim } from '../plan/fault.ts';
import type { Plan } from '../plan/plan.ts';
import type { Random } from '../plan/random.ts';
import { dynamoLeases } from '../world/dynamo-leases.ts';
import { DynamoTable } from '../world/dynamo-table.ts';
import { Life, type Machine } from '../world/life.ts';
import { remoteLeases } from '../world/memory-leases.ts';
import type { Network } from '../world/network.ts';
import { remoteStream } from '../world/stream-ports.ts';
import type { Timeline } from '../world/timeline.ts';
import type { Troubles } from '../world/troubles.ts';
import type { Trace } from '../world/trace.ts';
import type { Lineages } from './lineage.ts';
import { startProducer, type RunningProducer } from './producer.ts';
import { startWorker } from './worker.ts';

export interface FleetParts {
  readonly plan: Plan;
  readonly kinesis: Connection;
  readonly timeline: Timeline;
  readonly network: Network;
  readonly trace: Trace;
  readonly lineages: Lineages;
  readonly random: Random;
  readonly troubles: Troubles;
  readonly checks: Checks;
}

/** A place where processes live, one after the other. */
interface Seat {
  readonly role: Victim['role'];
  readonly index: number;
  readonly machine: Machine;
  readonly random: Random;
  lives: number;
  life: Life | undefined;
  consumer: Consumer<Value> | undefined;
  producer: RunningProducer | undefined;
  /** It has done its work, or is closing for good. */
  finished: boolean;
}

/** How long a supervisor waits before it starts a process anew that ended by itself. */
const restartMs = 500;

/** Every process of the run: started, killed, frozen, closed and started anew. */
export class Fleet {
  readonly #parts: FleetParts;
  readonly #seats: readonly Seat[];
  readonly #leases: (life: Life) => ReturnType<Connection['leases']>;
  readonly #streams: readonly ReturnType<typeof itemStream>[];
  /** Until then nobody reads. */
  #absentUntil = 0;

  constructor(parts: FleetParts) {
    this.#parts = parts;
    const { plan, network, checks, timeline, troubles } = parts;
    const seat = (role: Victim['role'], index: number, wallAheadMs = 0): Seat => ({
      role,
      index,
      machine: { name: `${role[0]}${index}`, wallAheadMs, unreachable: new Set() },
      random: parts.random.fork(),
      lives: 0,
      life: undefined,
      consumer: undefined,
      producer: undefined,
      finished: false,
    });
    this.#seats = [
      ...plan.workers.map(({ wallAheadMs }, index) => seat('worker', index, wallAheadMs)),
      ...plan.producers.map((_, index) => seat('producer', index)),
    ];
    const wire = { network, book: checks.book, timeline };
    const table = new DynamoTable();
    const store = createMemoryLeaseStore();
    this.#leases = (life) =>
      plan.group.store === 'dynamodb' ? dynamoLeases(table, life, wire) : remoteLeases(store, life, wire);
    const kind = {
      promised: plan.seed % 2 === 0,
      mended: () => plan.group.policy === 'stop' && troubles.healed,
    };
    this.#streams = plan.streams.map((_, index) => itemStream(streamName(index), kind));
  }

  /** Whether every producer has put and settled everything. */
  get producersDone(): boolean {
    return this.#seats.every(({ role, finished }) => role === 'worker' || finished);
  }

  /** Whether every worker has ended. */
  get workersDone(): boolean {
    return this.#seats.every(({ role, life }) => role === 'producer' || life === undefined);
  }

  isAlive(life: Life | undefined): boolean {
    return life !== undefined && this.#seats.some((seat) => seat.life === life);
  }

  start(): void {
    const { plan, timeline } = this.#parts;
    for (const seat of this.#seats) {
      const { startsAt = 0 } = (seat.role === 'worker' ? plan.workers : plan.producers)[seat.index] ?? {};
      timeline.after(startsAt, () => this.#start(seat));
    }
  }

  machineOf(victim: Victim): Machine | undefined {
    return this.#seatOf(victim)?.machine;
  }

  lifeOf(victim: Victim): Life | undefined {
    return this.#seatOf(victim)?.life;
  }

  /** Ends the process between two instructions. */
  crash({ victim, downMs, wire, sameName }: Extract<Fault, { readonly kind: 'crash' }>, life: Life): void {
    const seat = this.#seatOf(victim);
    if (seat === undefined || seat.life !== life) return;
    this.#note(life, 'crashed');
    life.wire = wire;
    life.die();
    this.#gone(seat);
    if (sameName && seat.role === 'worker') seat.lives--;
    this.#parts.timeline.after(downMs, () => this.#start(seat));
  }

  /** No worker runs for so long: killed, or put to sleep as some of the producers are. Answers whom to wake. */
  absence(ms: number, random: Random): readonly Life[] {
    const { timeline } = this.#parts;
    this.#absentUntil = timeline.now + ms;
    const asleep: Life[] = [];
    for (const seat of this.#seats) {
      const { life, role } = seat;
      if (life === undefined) continue;
      // One that sleeps already would be woken too soon.
      const sleeps = !life.paused && random.chance(0.5);
      if (sleeps) {
        life.pause();
        asleep.push(life);
      } else if (role === 'worker') {
        this.#note(life, 'killed');
        life.die();
        this.#gone(seat);
        timeline.after(ms, () => this.#start(seat));
      }
    }
    return asleep;
  }

  /** Closes a worker gracefully and starts another in its place. */
  deploy({ victim, drainMs, downMs }: Extract<Fault, { readonly kind: 'deploy' }>): void {
    const seat = this.#seatOf(victim);
    if (seat === undefined) return;
    this.#close(seat, drainMs, () => this.#parts.timeline.after(downMs, () => this.#start(seat)));
  }

  /** Closes all workers for good. */
  close(): void {
    for (const seat of this.#seats.filter(({ role }) => role === 'worker')) {
      seat.finished = true;
      this.#close(seat, 25_000, () => {});
    }
  }

  /** What ListShards answers now: usually the truth. */
  readonly #listed = async (stream: string): Promise<readonly Shard[]> => {
    const { network, lineages, timeline, kinesis } = this.#parts;
    const behindMs = network.listingBehindMs();
    return behindMs === 0
      ? kinesis.reader.listShards(stream)
      : lineages.listedAt(stream, timeline.now - behindMs);
  };

  #close(seat: Seat, drainMs: number, closed: () => void): void {
    const { life, consumer } = seat;
    if (life === undefined || consumer === undefined) return;
    // As a signal would: it is the process that closes, when it is awake.
    const close = async (): Promise<void> => {
      this.#note(life, 'closing');
      await consumer.close({ drain: drainMs });
      if (seat.life !== life) return;
      this.#end(seat, life, 'closed');
      closed();
    };
    life.programClock.timer(0, () => void close());
  }

  #start(seat: Seat): void {
    const { plan, timeline, kinesis, network, checks, troubles } = this.#parts;
    if (seat.life !== undefined || seat.finished) return;
    if (seat.role === 'worker' && timeline.now < this.#absentUntil) {
      timeline.after(this.#absentUntil - timeline.now, () => this.#start(seat));
      return;
    }
    const life = new Life(`${seat.machine.name}.${seat.lives++}`, seat.machine, timeline, seat.random.fork());
    seat.life = life;
    this.#note(life, 'started');
    const { ledger, gauge, deliveries, verdict, opened, lastArrival } = checks;
    const wire = { kinesis, network, timeline, ledger, gauge, opened, lastArrival, listed: this.#listed };
    const connection = { ...remoteStream(life, wire), leases: () => this.#leases(life) };
    const random = seat.random.fork();
    const parts = {
      life,
      connection,
      random,
      ledger,
      gauge,
      deliveries,
      verdict,
      troubles,
    };
    const worker = plan.workers[seat.index];
    const producer = plan.producers[seat.index];
    if (seat.role === 'worker' && worker !== undefined) {
      const ended = (error: unknown): void => this.#ended(seat, life, error);
      gauge.promised(life, { prefetchBytes: worker.prefetchBytes });
      const streams = this.#streams;
      seat.consumer = startWorker({ ...parts, streams, worker, group: plan.group, ended });
    } else if (producer !== undefined) {
      const already = seat.producer?.put ?? 0;
      const ended = (): void => {
        seat.finished = true;
        this.#end(seat, life, 'finished');
      };
      const [first] = this.#streams;
      const stream = this.#streams[producer.stream] ?? first;
      if (stream === undefined) return;
      seat.producer = startProducer({ ...parts, stream, producer, index: seat.index, already, ended });
    }
  }

  /** A worker that ended by itself is started anew, as a supervisor would. */
  #ended(seat: Seat, life: Life, error: unknown): void {
    if (seat.life !== life || (error === undefined && seat.consumer === undefined)) return;
    if (error === undefined) return;
    this.#end(seat, life, 'stopped by itself');
    this.#parts.timeline.after(restartMs, () => this.#start(seat));
  }

  #end(seat: Seat, life: Life, how: string): void {
    this.#note(life, how);
    this.#parts.checks.left(life);
    life.die();
    this.#gone(seat);
  }

  #gone(seat: Seat): void {
    for (const item of seat.producer?.open ?? []) this.#parts.checks.ledger.orphaned(item);
    seat.life = undefined;
    seat.consumer = undefined;
  }

  #seatOf({ role, index }: Victim): Seat | undefined {
    return this.#seats.find((seat) => seat.role === role && seat.index === index);
  }

  #note(life: Life, what: string): void {
    const { trace, timeline } = this.#parts;
    trace.note(timeline.now, life.name, what, life.machine.name);
  }
}
