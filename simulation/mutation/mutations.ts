/** A way to break the code on purpose. */
export interface Mutation {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** A text that stands in the file exactly once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** The first seed from 1 on that noticed it when that was last looked at. */
  readonly noticedBy: number;
}

const consumer = 'packages/kinesis/src/consumer';
const lease = 'packages/kinesis/src/lease';
const producer = 'packages/kinesis/src/producer';
const handling = 'packages/kinesis/src/process';

/** Each is a mistake somebody could make, or has made elsewhere; the simulation has to notice every one. */
export const mutations: readonly Mutation[] = [
  {
    name: 'checkpoint before handling',
    file: `${handling}/process.ts`,
    from: 'const done = this.#one(raw, handle);',
    to: 'this.#handled(raw); const done = this.#one(raw, handle);',
    noticedBy: 2,
  },
  {
    name: 'watermark is the highest finished record, not the lowest unfinished',
    file: `${handling}/watermark.ts`,
    from: 'while (this.#done[this.#next] === 1) this.#next++;',
    to: 'this.#next = Math.max(this.#next, index + 1);',
    noticedBy: 15,
  },
  {
    name: 'key lanes that do not keep to a key',
    file: `${handling}/process.ts`,
    from: 'keyOf: ({ partitionKey }) => partitionKey,',
    to: 'keyOf: ({ sequenceNumber, subSequenceNumber }) => `${sequenceNumber}:${subSequenceNumber}`,',
    noticedBy: 8,
  },
  {
    name: 'poison passed without the sink',
    file: `${handling}/put-aside.ts`,
    from: 'await onFailure.sink(toLost(raw, reason.error, reason.attempts, reason.parkedBehind));',
    to: 'void toLost;',
    noticedBy: 2,
  },
  {
    name: 'one try too few before a record is put aside',
    file: `${handling}/process.ts`,
    from: 'if (tries >= maxAttempts) {',
    to: 'if (tries >= maxAttempts - 1) {',
    noticedBy: 2,
  },
  {
    name: 'a batch cut short by a stop counts as handled',
    file: `${consumer}/shard-run.ts`,
    from: `if (this.#stop.signal.aborted) return;
      meter.add('millrace.consumer.records', records.length, labels);
    }
    meter.record('millrace.consumer.behind_ms', lag.millis ?? 0, labels);
    const newest = batch.records.at(-1);
    if (newest === undefined || this.#stop.signal.aborted) return;`,
    to: `}
    const newest = batch.records.at(-1);
    if (newest === undefined) return;`,
    noticedBy: 2,
  },
  {
    name: 'place inside an aggregate forgotten on resume',
    file: `${consumer}/expand.ts`,
    from: 'if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber }, done) <= 0) continue;',
    to: 'if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber: 0 }, done) <= 0) continue;',
    noticedBy: 71,
  },
  {
    name: 'nothing left out on resume',
    file: `${consumer}/expand.ts`,
    from: 'let done: Checkpoint | undefined = input.done;',
    to: 'let done: Checkpoint | undefined;',
    noticedBy: 2,
  },
  {
    name: 'resumed after the checkpoint’s record, not at it',
    file: `${lease}/starting-position.ts`,
    from: "return { type: 'at', sequenceNumber };",
    to: "return { type: 'after', sequenceNumber };",
    noticedBy: 42,
  },
  {
    name: 'iterator reopened at the newest record',
    file: 'packages/kinesis/src/source/polling-source.ts',
    from: "if (last !== undefined) this.#position = { type: 'after', sequenceNumber: last.sequenceNumber };",
    to: "if (last !== undefined) this.#position = { type: 'now' };",
    noticedBy: 29,
  },
  {
    name: 'foreign sub-records handed over',
    file: `${consumer}/expand.ts`,
    from: 'if (isForeign(partitionKey, explicitHashKey)) foreign(record);',
    to: 'if (isForeign(partitionKey, explicitHashKey) && false) foreign(record);',
    noticedBy: 19,
  },
  {
    name: 'a lease lost by the clock held on to',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#clock.monotonic() - this.#confirmedAt >= this.#durationMs',
    to: 'this.#clock.monotonic() < this.#confirmedAt',
    noticedBy: 5,
  },
  {
    name: 'a lease counted from the answer, not from the question',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#confirmedAt = startedAt;',
    to: 'this.#confirmedAt = this.#clock.monotonic();',
    noticedBy: 441,
  },
  {
    name: 'a slept-through lease noticed only between batches',
    file: `${consumer}/shard-run.ts`,
    from: 'isHeld: () => held.held,',
    to: 'isHeld: () => true,',
    noticedBy: 20,
  },
  {
    name: 'released without a checkpoint',
    file: `${consumer}/held-lease.ts`,
    from: 'if (this.#progress !== undefined || unstored) {',
    to: 'if (unstored) {',
    noticedBy: 4,
  },
  {
    name: 'renewed without the condition (memory)',
    file: 'packages/kinesis/src/memory/lease-store.ts',
    from: 'return isCurrent(stored, lease) || isEcho(stored, lease) ? put(renewed(stored)) : undefined;',
    to: 'return put(renewed(stored));',
    noticedBy: 603,
  },
  {
    name: 'taken without the condition (memory)',
    file: 'packages/kinesis/src/memory/lease-store.ts',
    from: 'if (stored.counter === lease.counter) return put(taken(stored, owner));',
    to: 'if (stored.counter >= lease.counter) return put(taken(stored, owner));',
    noticedBy: 6,
  },
  {
    name: 'taken without the condition (DynamoDB)',
    file: 'packages/kinesis/src/aws/lease-store-update.ts',
    from: "' ADD ownerSwitchesSinceCheckpoint :one' : ''}`,\n    condition: 'leaseCounter = :seen',",
    to: "' ADD ownerSwitchesSinceCheckpoint :one' : ''}`,\n    condition: '',",
    noticedBy: 14,
  },
  {
    name: 'checkpointed without the condition (DynamoDB)',
    file: 'packages/kinesis/src/aws/lease-store-update.ts',
    from: "condition: 'leaseCounter = :seen',\n    values: {\n      ...counters(lease),\n      ':checkpoint'",
    to: "condition: '',\n    values: {\n      ...counters(lease),\n      ':checkpoint'",
    noticedBy: 1006,
  },
  {
    name: 'own write with a lost answer taken for another’s',
    file: `${lease}/transition.ts`,
    from: 'return holder !== undefined && holderOf(stored) === holder && stored.counter === lease.counter + 1;',
    to: 'return holder !== undefined && false;',
    noticedBy: 81,
  },
  {
    name: 'one parent of a merge forgotten',
    file: `${lease}/assignment.ts`,
    from: 'return lease.parentShardIds.every((id) => {',
    to: 'return lease.parentShardIds.slice(1).every((id) => {',
    noticedBy: 2,
  },
  {
    name: 'children of a reshard started at their newest record',
    file: `${lease}/shard-sync.ts`,
    from: 'create: children.map((child) => newLease(child, fromOldest, parent.streamIdentifier)),',
    to: "create: children.map((child) => newLease(child, { checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 } }, parent.streamIdentifier)),",
    noticedBy: 2,
  },
  {
    name: 'now not pinned',
    file: `${lease}/shard-sync.ts`,
    from: "return from.type === 'now' ? fromNow(now) : fromTime(from.at);",
    to: "return from.type === 'now' ? { checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 } } : fromTime(from.at);",
    noticedBy: 13,
  },
  {
    name: 'now pinned by the worker’s own clock',
    file: `${consumer}/shard-keeper.ts`,
    from: 'plan = planFor((await this.time(shard, signal)) ?? began);',
    to: '',
    noticedBy: 13,
  },
  {
    name: 'leases taken before every shard has one',
    file: `${consumer}/worker.ts`,
    from: 'while (!(await this.#syncShards()));',
    to: 'await this.#syncShards();',
    noticedBy: 4506,
  },
  {
    name: 'a listing that is behind a reshard taken at its word',
    file: `${lease}/shard-sync.ts`,
    from: 'if (disputed !== undefined) return { complete: false, disputed };',
    to: '',
    noticedBy: 524,
  },
  {
    name: 'a beginning that was interrupted goes on with the open shards alone',
    file: `${lease}/shard-sync.ts`,
    from: 'const needed = neededLeases(shards, leases, !startsNow);',
    to: "const needed = neededLeases(shards, leases, configured.type !== 'now');",
    noticedBy: 1906,
  },
  {
    name: 'a key’s next record sent before the last is settled',
    file: `${producer}/lane-table.ts`,
    from: 'lane.busy = true;',
    to: 'this.#open(lane);',
    noticedBy: 6,
  },
  {
    name: 'lanes laid anew without waiting for the old ones',
    file: `${producer}/outbox.ts`,
    from: 'this.#outOfOld = this.#out;',
    to: 'this.#outOfOld = 0;',
    noticedBy: 2250,
  },
  {
    name: 'records stored in a wrong shard not sent again',
    file: `${producer}/settlement.ts`,
    from: 'const foreign = parcel.members.filter(isForeign);',
    to: 'const foreign = parcel.members.filter((member) => isForeign(member) && false);',
    noticedBy: 208,
  },
  {
    name: 'an aggregate with one foreign record sent again whole',
    file: `${producer}/settlement.ts`,
    from: 'const foreign = parcel.members.filter(isForeign);',
    to: 'const foreign = parcel.members.some(isForeign) ? parcel.members : [];',
    noticedBy: 19,
  },
  {
    name: 'an aggregate in a shard nobody can name called stored',
    file: `${producer}/settlement.ts`,
    from: 'if (range === undefined && parcel.members.length > 1) {',
    to: 'if (range === null) {',
    noticedBy: 2698,
  },
  {
    name: 'the end of a shard taken back by a late beat',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#progress = SHARD_END;',
    to: '',
    noticedBy: 890,
  },
  {
    name: 'a loop given what it was offered before the shard was lost',
    file: `${consumer}/iterate.ts`,
    from: 'if (!next.isHeld()) continue;',
    to: '',
    noticedBy: 148,
  },
  {
    name: 'parked keys forgotten when a shard changes hands',
    file: `${consumer}/held-lease.ts`,
    from: 'return same ? undefined : parked;',
    to: 'return undefined;',
    noticedBy: 18,
  },
  {
    name: 'parked keys not passed on to the children of a reshard',
    file: `${consumer}/fleet.ts`,
    from: 'return new Map(parents.flatMap((parent) => [...(parent?.parked ?? nothingParked)]));',
    to: 'return nothingParked;',
    noticedBy: 19,
  },
  {
    name: 'a healthy key parked after one try beside a parked one',
    file: `${handling}/process.ts`,
    from: 'const allowed = free.length === 1 ? this.#options.maxAttempts : tries;',
    to: 'const allowed = raw.length === 1 ? this.#options.maxAttempts : tries;',
    noticedBy: 1784,
  },
  {
    name: 'reading ahead without an end',
    file: 'packages/kinesis/src/source/byte-budget.ts',
    from: 'if (this.#used + bytes > this.#limit) return false;',
    to: '',
    noticedBy: 11,
  },
  {
    name: 'fan-out resumed at the newest record',
    file: 'packages/kinesis/src/source/fan-out-source.ts',
    from: "this.#position = { type: 'after', sequenceNumber: continuation };",
    to: "this.#position = { type: 'now' };",
    noticedBy: 102,
  },
  {
    name: 'more requests under way than promised',
    file: `${producer}/dispatch.ts`,
    from: 'while (this.#inFlight.size < this.#options.maxInFlight) {',
    to: 'while (this.#inFlight.size <= this.#options.maxInFlight) {',
    noticedBy: 2,
  },
  {
    name: 'leases of another stream of the group taken for trimmed shards',
    file: `${consumer}/shard-keeper.ts`,
    from: 'filter((lease) => lease.streamIdentifier === streamIdentifier)',
    to: 'filter((lease) => lease.shardId !== streamIdentifier)',
    noticedBy: 1,
  },
  {
    name: 'children of a reshard leased as of no stream',
    file: `${lease}/shard-sync.ts`,
    from: 'create: children.map((child) => newLease(child, fromOldest, parent.streamIdentifier)),',
    to: 'create: children.map((child) => newLease(child, fromOldest, undefined)),',
    noticedBy: 1,
  },
  {
    name: 'parents looked for among all streams',
    file: `${consumer}/fleet.ts`,
    from: 'const keys = lease.parentShardIds.map((id) => siblingKey(lease, id));',
    to: 'const keys = lease.parentShardIds.map((id) => siblingKey({}, id));',
    noticedBy: 142,
  },
  {
    name: 'the lease of a trimmed shard kept',
    file: `${consumer}/shard-keeper.ts`,
    from: 'await this.#store.delete(leaseKey);\n    return true;',
    to: 'return true;',
    noticedBy: 11,
  },
  {
    name: 'records past their retention passed over in silence',
    file: `${consumer}/shard-run.ts`,
    from: 'if (first?.sequenceNumber === checkpoint.sequenceNumber) return undefined;',
    to: 'return undefined;',
    noticedBy: 11,
  },
  {
    name: 'records called past their retention that are there',
    file: `${consumer}/shard-run.ts`,
    from: 'if (first?.sequenceNumber === checkpoint.sequenceNumber) return undefined;',
    to: '',
    noticedBy: 2,
  },
  {
    name: 'an explicit hash key ignored when records are bundled',
    file: `${producer}/routing.ts`,
    from: 'if (explicitHashKey !== undefined) return effectiveHashKey(partitionKey, explicitHashKey);',
    to: '',
    noticedBy: 8,
  },
  {
    name: 'explicit hash keys dropped on the way to the service (server)',
    file: 'packages/local/src/connection.ts',
    from: '...(entry.explicitHashKey === undefined ? {} : { ExplicitHashKey: entry.explicitHashKey }),',
    to: '',
    noticedBy: 2,
  },
  {
    name: 'own and foreign told apart by the partition key alone',
    file: 'packages/kinesis/src/codec/expand-record.ts',
    from: 'const hashKey = effectiveHashKey(partitionKey, explicitHashKey);',
    to: 'const hashKey = effectiveHashKey(partitionKey, undefined);',
    noticedBy: 2,
  },
  {
    name: 'limits of a shard counted by the wall clock (server)',
    file: 'packages/local/src/engine/reading.ts',
    from: 'const budgetTime = shared ? context.options.clock.monotonic() : undefined;',
    to: 'const budgetTime = shared ? context.options.clock.now() : undefined;',
    noticedBy: 299,
  },
  {
    name: 'records arrive when the wall clock says, though it has gone back (server)',
    file: 'packages/local/src/engine/stream-writer.ts',
    from: 'return Math.max(now, shard.log.lastArrival, shard.openedAt);',
    to: 'return now;',
    noticedBy: 1117,
  },
];
