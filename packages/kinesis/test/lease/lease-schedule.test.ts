import {
  holderOf,
  NOTHING_OBSERVED,
  observeLeases,
  planAssignment,
  type Assignment,
  type Lease,
  type LeaseStore,
} from '@millrace/kinesis/lease';
import { createMemoryLeaseStore } from '@millrace/kinesis/memory';
import { toSequenceNumber } from '@millrace/kinesis/record';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { leaseOf } from '../../src/testing/lease-guarantee.ts';

const leaseDurationMs = 10_000;

interface Holding {
  readonly lease: Lease;
  /** Monotonic time before the last write that succeeded: until then plus a lease duration nobody else can have it. */
  readonly confirmedAt: number;
}

/** A write that was decided on and is not sent yet, as when the process is paused in between. */
interface Intent {
  readonly key: string;
  readonly startedAt: number;
  readonly write: (store: LeaseStore) => Promise<Lease | undefined>;
  readonly checkpoint?: string;
}

/** A worker reduced to its leases: it keeps the promises a worker keeps, one await at a time. */
class ModelWorker {
  readonly id: string;
  readonly holdings = new Map<string, Holding>();
  readonly #store: LeaseStore;
  readonly #clock: ManualClock;
  readonly #maxSteals: number;
  #observation = NOTHING_OBSERVED;
  #plan: Assignment | undefined;
  #intent: Intent | undefined;

  constructor(id: string, store: LeaseStore, clock: ManualClock, maxSteals: number) {
    this.id = id;
    this.#store = store;
    this.#clock = clock;
    this.#maxSteals = maxSteals;
  }

  /** The leases this worker would work on now. */
  get believed(): readonly string[] {
    return [...this.holdings].filter(([, { confirmedAt }]) => this.#isFresh(confirmedAt)).map(([key]) => key);
  }

  async look(): Promise<void> {
    this.#forgetExpired();
    const startedAt = this.#clock.monotonic();
    const leases = await this.#store.list();
    this.#observation = observeLeases(this.#observation, leases, {
      startedAt,
      endedAt: this.#clock.monotonic(),
    });
    this.#plan = planAssignment({
      observation: this.#observation,
      me: this.id,
      held: new Set(this.holdings.keys()),
      leaseDurationMs,
      maxSteals: this.#maxSteals,
      random: () => this.#clock.random(),
    });
  }

  /** Carries out what the last look decided; by now the world may be another. True when a lease was won. */
  async act(answersAreLost = false): Promise<boolean> {
    const { take = [], ask = [], steal = [] } = this.#plan ?? {};
    this.#plan = undefined;
    let won = false;
    for (const lease of [...take, ...steal]) {
      const startedAt = this.#clock.monotonic();
      const write = (store: LeaseStore): Promise<Lease | undefined> => store.take(lease, this.id);
      won = (await this.#send({ key: lease.leaseKey, startedAt, write }, answersAreLost)) || won;
    }
    for (const lease of ask) await this.#store.requestHandOff(lease, this.id);
    return won || ask.length > 0;
  }

  /** Decides to renew, or to checkpoint, the lease it holds at `pick`; {@link send} does it. */
  intend(pick: number, checkpoint?: string): void {
    const holding = [...this.holdings.values()][pick % Math.max(1, this.holdings.size)];
    if (holding !== undefined) this.#intend(holding, checkpoint);
  }

  #intend(holding: Holding, checkpoint?: string): void {
    if (this.#intent !== undefined || !this.#isFresh(holding.confirmedAt)) return;
    const { lease } = holding;
    this.#intent = {
      key: lease.leaseKey,
      startedAt: this.#clock.monotonic(),
      ...(checkpoint !== undefined && { checkpoint }),
      write: (store) =>
        checkpoint === undefined
          ? store.renew(lease)
          : store.checkpoint(lease, { sequenceNumber: toSequenceNumber(checkpoint), subSequenceNumber: 0 }),
    };
  }

  async send(answerIsLost = false): Promise<void> {
    const intent = this.#intent;
    this.#intent = undefined;
    if (intent === undefined) return;
    await this.#send(intent, answerIsLost);
    if (intent.checkpoint === undefined || answerIsLost) return;
    const stored = await this.#store.get(intent.key);
    if (stored?.checkpoint.sequenceNumber !== intent.checkpoint || holderOf(stored) === this.id) return;
    throw new Error(`${this.id} checkpointed ${intent.key}, which ${stored.owner ?? 'nobody'} owns.`);
  }

  /** Sends what is pending, then renews everything it holds. */
  async beat(): Promise<void> {
    await this.send();
    for (const holding of this.holdings.values()) {
      this.#intend(holding);
      await this.send();
    }
    for (const [key, { lease }] of this.holdings) {
      if (lease.owner === this.id) continue;
      this.holdings.delete(key);
      await this.#store.release(lease);
    }
  }

  async release(pick: number): Promise<void> {
    const [key, holding] = [...this.holdings][pick % Math.max(1, this.holdings.size)] ?? [];
    if (key === undefined || holding === undefined) return;
    this.holdings.delete(key);
    this.#intent = undefined;
    await this.#store.release(holding.lease);
  }

  /** A lost answer leaves the worker as it was, whatever the store did. */
  async #send({ key, startedAt, write }: Intent, answerIsLost: boolean): Promise<boolean> {
    const lease = await write(this.#store);
    if (answerIsLost) return false;
    if (lease === undefined) this.holdings.delete(key);
    else this.holdings.set(key, { lease, confirmedAt: startedAt });
    return lease !== undefined;
  }

  #forgetExpired(): void {
    for (const [key, { confirmedAt }] of this.holdings) {
      if (!this.#isFresh(confirmedAt)) this.holdings.delete(key);
    }
  }

  #isFresh(confirmedAt: number): boolean {
    return this.#clock.monotonic() - confirmedAt < leaseDurationMs;
  }
}

const kinds = [
  'look',
  'look',
  'act',
  'act',
  'renew',
  'checkpoint',
  'send',
  'send',
  'beat',
  'release',
  'crash',
  'time',
] as const;

interface Step {
  readonly kind: (typeof kinds)[number];
  readonly worker: number;
  readonly pick: number;
  readonly lost: boolean;
}

const schedules = fc.record({
  seed: fc.nat(),
  leases: fc.integer({ min: 1, max: 6 }),
  steps: fc.array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      worker: fc.nat(3),
      pick: fc.nat(9),
      lost: fc.nat(4).map((chance) => chance === 0),
    }),
    { minLength: 20, maxLength: 150, size: 'max' },
  ),
});

/** Four workers, replaced under a new name when they crash, on one store and one clock. */
class Fleet {
  readonly clock: ManualClock;
  readonly store = createMemoryLeaseStore();
  readonly workers: ModelWorker[] = [];
  readonly #maxSteals: number;
  #born = 0;
  #sequence = 0;

  constructor(seed: number, maxSteals: number) {
    this.clock = createManualClock({ seed });
    this.#maxSteals = maxSteals;
    for (let index = 0; index < 4; index++) this.workers.push(this.#hire());
  }

  async step({ kind, worker: index, pick, lost }: Step): Promise<void> {
    const worker = this.workers[index] as ModelWorker;
    if (kind === 'look') await worker.look();
    if (kind === 'act') await worker.act(lost);
    if (kind === 'renew') worker.intend(pick);
    if (kind === 'checkpoint') worker.intend(pick, String(++this.#sequence));
    if (kind === 'send') await worker.send(lost);
    if (kind === 'beat') await worker.beat();
    if (kind === 'release') await worker.release(pick);
    if (kind === 'crash' && pick < 3) this.workers[index] = this.#hire();
    if (kind === 'time') await this.clock.advance(pick * 1500);
  }

  /** Leases more than one worker would work on now. */
  contested(): readonly string[] {
    const believed = this.workers.flatMap((worker) => worker.believed);
    return believed.filter((key, index) => believed.indexOf(key) !== index);
  }

  #hire(): ModelWorker {
    return new ModelWorker(`worker-${++this.#born}`, this.store, this.clock, this.#maxSteals);
  }
}

async function run(
  maxSteals: number,
  schedule: { seed: number; leases: number; steps: readonly Step[] },
  check: (fleet: Fleet) => void | Promise<void>,
): Promise<void> {
  const fleet = new Fleet(schedule.seed, maxSteals);
  for (let index = 0; index < schedule.leases; index++) await fleet.store.create(leaseOf(`s${index}`));
  for (const step of schedule.steps) {
    await fleet.step(step);
    await check(fleet);
  }
}

describe('through crashes, pauses, lost answers and takeovers', () => {
  test('no two workers hold a lease at the same time, and no checkpoint comes from one that does not own it', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) =>
        run(0, schedule, (fleet) => {
          expect(fleet.contested()).toEqual([]);
        }),
      ),
      { numRuns: 400 },
    );
  });

  test('a stolen lease is noticed by the next write: after it at most one worker holds it', async () => {
    await fc.assert(
      fc.asyncProperty(schedules, (schedule) =>
        run(1, schedule, async (fleet) => {
          if (schedule.seed % 3 !== 0 && fleet.contested().length === 0) return;
          for (const worker of fleet.workers) await worker.beat();
          expect(fleet.contested()).toEqual([]);
        }),
      ),
      { numRuns: 400 },
    );
  });
});

describe('a fleet that is left in peace', () => {
  const fleets = fc.record({
    seed: fc.nat(),
    workers: fc.integer({ min: 1, max: 7 }),
    free: fc.integer({ min: 0, max: 12 }),
    dead: fc.integer({ min: 0, max: 12 }),
    hoarded: fc.integer({ min: 0, max: 20 }),
    waiting: fc.integer({ min: 0, max: 4 }),
  });

  test('owns every startable lease, evenly to one, in rounds no more than there are leases, and then comes to rest', async () => {
    await fc.assert(
      fc.asyncProperty(fleets, async ({ seed, workers: count, free, dead, hoarded, waiting }) => {
        const clock = createManualClock({ seed });
        const store = createMemoryLeaseStore();
        const workers = Array.from(
          { length: count },
          (_, index) => new ModelWorker(`w${index}`, store, clock, 1),
        );
        const [hoarder] = workers as [ModelWorker];
        for (let index = 0; index < hoarded; index++) await store.create(leaseOf(`hoarded-${index}`));
        await hoarder.look();
        await hoarder.act();
        for (let index = 0; index < free; index++) await store.create(leaseOf(`free-${index}`));
        for (let index = 0; index < dead; index++)
          await store.create(leaseOf(`dead-${index}`, { owner: 'dead' }));
        // Children of a shard that is not read to its end: not to be touched.
        await store.create(leaseOf('parent'));
        for (let index = 0; index < waiting; index++) {
          await store.create(leaseOf(`child-${index}`, { parentShardIds: ['parent'] }));
        }

        const total = free + dead + hoarded + 1;
        const round = async (): Promise<boolean> => {
          let won = false;
          for (const worker of workers) {
            await clock.advance(6000 / count);
            await worker.beat();
            await worker.look();
            won = (await worker.act()) || won;
          }
          return won;
        };
        // Three rounds until the dead are known to be dead; then each round settles at least one lease.
        for (let index = 0; index < total + 4; index++) await round();

        const leases = await store.list();
        const ids = workers.map(({ id }) => id);
        const unowned = leases.filter(({ owner }) => !ids.includes(owner ?? ''));
        expect(unowned.map(({ shardId }) => shardId)).toEqual(
          Array.from({ length: waiting }, (_, index) => `child-${index}`),
        );
        const loads = workers.map((worker) => worker.believed.length);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(total);
        expect([await round(), await round(), await round()]).toEqual([false, false, false]);
      }),
      { numRuns: 150 },
    );
  });
});
