import {
  isShardEnd,
  leasesForChildren,
  parentsFinished,
  planShardSync,
  SHARD_END,
  startingPosition,
  type Lease,
  type ShardSyncPlan,
} from '@millrace/kinesis/lease';
import { toSequenceNumber, type Position } from '@millrace/kinesis/record';
import { adjacent, FULL_HASH_RANGE, type HashRange, type Shard } from '@millrace/kinesis/shard';
import fc from 'fast-check';
import { expect, test } from 'vitest';

/** A shard of the model: it takes one record at every tick from `born` until before `closed`. */
interface ModelShard {
  readonly id: string;
  readonly range: HashRange;
  readonly parents: readonly string[];
  readonly born: number;
  closed?: number;
  trimmed?: true;
}

const kinds = [
  ...(['tick', 'split', 'merge', 'merge', 'trim'] as const),
  ...(['sync', 'look', 'plan', 'check', 'apply'] as const),
  ...(['read', 'read', 'read all'] as const),
];

interface Step {
  readonly kind: (typeof kinds)[number];
  readonly pick: number;
  readonly flag: boolean;
}

interface Seen {
  readonly now: number;
  readonly leases: readonly Lease[];
}

/** What one worker has in hand between the moments of a shard sync. */
interface Syncing {
  seen?: Seen;
  plan?: ShardSyncPlan | undefined;
  checked?: ShardSyncPlan;
}

/** A stream that reshards and trims, and a group that reads it by the leases' rules alone. */
class Model {
  readonly shards = new Map<string, ModelShard>();
  readonly leases = new Map<string, Lease>();
  readonly handled = new Set<string>();
  readonly workers: readonly Syncing[] = [{}, {}];
  readonly #from: Position;
  #tick = 10;
  #nextId = 0;
  /** The tick of the first sync that was carried out to its end. */
  begun: number | undefined;

  constructor(from: Position) {
    this.#from = from;
    this.#open(FULL_HASH_RANGE, []);
  }

  step({ kind, pick, flag }: Step): void {
    const worker = this.workers[pick % 2] as Syncing;
    this.#tick += kind === 'tick' ? 3 : pick % 2;
    if (kind === 'split') this.#split(pick);
    if (kind === 'merge') this.#merge(pick);
    if (kind === 'trim') this.#trim(pick > 2);
    if (kind === 'sync') this.sync();
    if (kind === 'look') Object.assign(worker, { seen: this.#look(), plan: undefined });
    if (kind === 'plan' && worker.seen) worker.plan = this.#plan(worker.seen);
    if (kind === 'check' && worker.seen && worker.plan) {
      const { leases } = worker.seen;
      const known = new Set(leases.map(({ leaseKey }) => leaseKey));
      if ([...this.leases.keys()].every((key) => known.has(key))) worker.checked = worker.plan;
      delete worker.seen;
      delete worker.plan;
    }
    if (kind === 'apply' && worker.checked) {
      this.#apply(worker.checked, flag ? pick : undefined);
      delete worker.checked;
    }
    if (kind === 'read') this.#read(pick, flag);
    if (kind === 'read all') this.#readAll();
  }

  /** Syncs and reads until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 200; round++) {
      const before =
        this.handled.size + [...this.leases.values()].filter((each) => isShardEnd(each.checkpoint)).length;
      this.sync();
      this.#readAll();
      const after =
        this.handled.size + [...this.leases.values()].filter((each) => isShardEnd(each.checkpoint)).length;
      if (after === before && round > 3) return;
    }
    throw new Error('The group never came to rest.');
  }

  sync(): void {
    this.#apply(this.#plan(this.#look()), undefined);
  }

  /** Records the group owes its user, which are still there, and were not handled. */
  missing(): readonly string[] {
    const since =
      this.#from.type === 'time' ? this.#from.at : this.#from.type === 'now' ? (this.begun ?? Infinity) : 0;
    return [...this.shards.values()]
      .filter((shard) => shard.trimmed !== true)
      .flatMap((shard) => this.#owed(shard, since));
  }

  #owed(shard: ModelShard, since: number): readonly string[] {
    return recordsOf(shard, Math.max(since, shard.born), this.#tick).filter(
      (record) => !this.handled.has(record),
    );
  }

  #open(range: HashRange, parents: readonly string[]): void {
    const id = `shardId-${String(this.#nextId++).padStart(12, '0')}`;
    this.shards.set(id, { id, range, parents, born: this.#tick });
  }

  #openShards(): readonly ModelShard[] {
    return [...this.shards.values()].filter((shard) => shard.closed === undefined);
  }

  #close(shard: ModelShard): void {
    shard.closed = this.#tick;
  }

  #split(pick: number): void {
    const open = this.#openShards();
    const shard = open[pick % open.length] as ModelShard;
    const middle = (shard.range.start + shard.range.end) / 2n;
    this.#close(shard);
    this.#open({ start: shard.range.start, end: middle }, [shard.id]);
    this.#open({ start: middle + 1n, end: shard.range.end }, [shard.id]);
  }

  #merge(pick: number): void {
    const open = this.#openShards();
    const left = open[pick % open.length] as ModelShard;
    const right = open.find((each) => adjacent(left.range, each.range));
    if (right === undefined) return;
    this.#close(left);
    this.#close(right);
    const [low, high] = left.range.start < right.range.start ? [left, right] : [right, left];
    this.#open({ start: low.range.start, end: high.range.end }, [left.id, right.id]);
  }

  /** The oldest closed shard passes out of retention: read to its end if `kindly`, else whatever became of it. */
  #trim(kindly: boolean): void {
    const oldest = [...this.shards.values()].find(
      (shard) => shard.trimmed !== true && shard.closed !== undefined,
    );
    if (oldest === undefined || (kindly && this.#owed(oldest, 0).length > 0)) return;
    oldest.trimmed = true;
  }

  #listed(): readonly Shard[] {
    return [...this.shards.values()].filter((shard) => shard.trimmed !== true).map(asListed);
  }

  #look(): Seen {
    return { now: this.#tick, leases: [...this.leases.values()] };
  }

  #plan(seen: Seen): ShardSyncPlan {
    return planShardSync({ shards: this.#listed(), from: this.#from, ...seen });
  }

  #apply(plan: ShardSyncPlan, crashAfter: number | undefined): void {
    if (!plan.complete) throw new Error('The model lists every hash key.');
    for (const lease of plan.create.slice(0, crashAfter)) this.#create(lease);
    if (crashAfter !== undefined && crashAfter < plan.create.length) return;
    this.begun ??= this.#tick;
    for (const key of plan.remove) this.leases.delete(key);
    for (const { shardId } of plan.unlisted) {
      if (this.shards.get(shardId)?.trimmed === true) this.leases.delete(shardId);
    }
  }

  #create(lease: Lease): void {
    if (!this.leases.has(lease.leaseKey)) this.leases.set(lease.leaseKey, lease);
  }

  #readAll(): void {
    for (let pick = 0; pick < this.leases.size; pick++) this.#read(pick, true);
  }

  #read(pick: number, store: boolean): void {
    const lease = [...this.leases.values()][pick % Math.max(1, this.leases.size)];
    const shard = lease && this.shards.get(lease.shardId);
    if (!lease || !shard || isShardEnd(lease.checkpoint) || shard.trimmed === true) return;
    if (!parentsFinished(lease, (id) => this.leases.get(id))) return;
    const position = startingPosition(lease, this.#from);
    const records = recordsOf(shard, this.#firstOf(shard, position), this.#tick);
    if (records.length > 0) this.#checkParents(shard);
    for (const record of records) this.handled.add(record);
    if (!store) return;
    if (shard.closed !== undefined) this.#end(lease, shard);
    else if (records.length > 0) {
      const { startAt: _forgotten, ...rest } = lease;
      const sequenceNumber = toSequenceNumber(String(this.#tick));
      this.leases.set(lease.leaseKey, { ...rest, checkpoint: { sequenceNumber, subSequenceNumber: 0 } });
    }
  }

  #firstOf(shard: ModelShard, position: Position): number {
    if (position.type === 'oldest') return shard.born;
    if (position.type === 'time') return Math.max(shard.born, position.at);
    if (position.type === 'at') return Number(position.sequenceNumber);
    throw new Error(`No lease of ours starts at ${position.type}.`);
  }

  #checkParents(shard: ModelShard): void {
    const since =
      this.#from.type === 'oldest'
        ? 0
        : this.#from.type === 'time'
          ? this.#from.at
          : (this.begun ?? Infinity);
    for (const id of shard.parents) {
      const parent = this.shards.get(id) as ModelShard;
      if (parent.trimmed !== true && this.#owed(parent, since).length > 0) {
        throw new Error(`${shard.id} was read before its parent ${id}.`);
      }
    }
  }

  #end(lease: Lease, shard: ModelShard): void {
    const children = [...this.shards.values()]
      .filter(({ parents }) => parents.includes(shard.id))
      .map(({ id, parents, range }) => ({ shardId: id, parentShardIds: parents, hashRange: range }));
    const { create, missingParents } = leasesForChildren(lease, children, (id) => this.leases.has(id));
    if (missingParents.length > 0) this.sync();
    else for (const child of create) this.#create(child);
    const childShardIds = children.map(({ shardId }) => shardId);
    this.leases.set(lease.leaseKey, { ...lease, checkpoint: SHARD_END, childShardIds });
  }
}

function recordsOf(shard: ModelShard, from: number, until: number): readonly string[] {
  const end = Math.min(shard.closed ?? until, until);
  return Array.from({ length: Math.max(0, end - from) }, (_, index) => `${shard.id}@${from + index}`);
}

function asListed({ id, range, parents, closed, born }: ModelShard): Shard {
  const [parentShardId, adjacentParentShardId] = parents;
  return {
    shardId: id,
    hashRange: range,
    ...(parentShardId !== undefined && { parentShardId }),
    ...(adjacentParentShardId !== undefined && { adjacentParentShardId }),
    startingSequenceNumber: toSequenceNumber(String(born)),
    ...(closed !== undefined && { endingSequenceNumber: toSequenceNumber(String(closed)) }),
  };
}

const anyStep = fc.record({ kind: fc.constantFrom(...kinds), pick: fc.nat(31), flag: fc.boolean() });
const past = fc.array(anyStep, { maxLength: 40 });
const present = fc.array(anyStep, { minLength: 30, maxLength: 120, size: 'max' });

test.each<Position>([{ type: 'oldest' }, { type: 'now' }, { type: 'time', at: 30 }])(
  'however a stream reshards while a group reads it from $type, no record still kept is skipped, and none is read before its parents\u2019',
  (from) => {
    fc.assert(
      fc.property(past, present, (before, after) => {
        const model = new Model(from);
        // The stream has a past before the group begins; trims in it cost nobody anything.
        for (const step of before)
          if (['tick', 'split', 'merge', 'trim'].includes(step.kind)) model.step(step);
        for (const each of after) model.step(each);
        model.settle();
        expect(model.missing()).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  },
);
