/** A way to break the code on purpose. */
export interface Mutation {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** A text that stands in the file exactly once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
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
  },
  {
    name: 'watermark is the highest finished record, not the lowest unfinished',
    file: `${handling}/watermark.ts`,
    from: 'while (this.#done[this.#next] === 1) this.#next++;',
    to: 'this.#next = Math.max(this.#next, index + 1);',
  },
  {
    name: 'key lanes that do not keep to a key',
    file: `${handling}/process.ts`,
    from: 'keyOf: ({ partitionKey }) => partitionKey,',
    to: 'keyOf: ({ sequenceNumber, subSequenceNumber }) => `${sequenceNumber}:${subSequenceNumber}`,',
  },
  {
    name: 'poison passed without the sink',
    file: `${handling}/put-aside.ts`,
    from: 'await onFailure.sink(toLost(raw, reason.error, reason.attempts, reason.parkedBehind));',
    to: 'void toLost;',
  },
  {
    name: 'one try too few before a record is put aside',
    file: `${handling}/process.ts`,
    from: 'if (tries >= maxAttempts) {',
    to: 'if (tries >= maxAttempts - 1) {',
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
  },
  {
    name: 'place inside an aggregate forgotten on resume',
    file: `${consumer}/expand.ts`,
    from: 'if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber }, done) <= 0) continue;',
    to: 'if (done !== undefined && compareCheckpoints({ sequenceNumber, subSequenceNumber: 0 }, done) <= 0) continue;',
  },
  {
    name: 'nothing left out on resume',
    file: `${consumer}/expand.ts`,
    from: 'let done: Checkpoint | undefined = input.done;',
    to: 'let done: Checkpoint | undefined;',
  },
  {
    name: 'resumed after the checkpoint’s record, not at it',
    file: `${lease}/starting-position.ts`,
    from: "return { type: 'at', sequenceNumber };",
    to: "return { type: 'after', sequenceNumber };",
  },
  {
    name: 'iterator reopened at the newest record',
    file: 'packages/kinesis/src/source/polling-source.ts',
    from: "if (last !== undefined) this.#position = { type: 'after', sequenceNumber: last.sequenceNumber };",
    to: "if (last !== undefined) this.#position = { type: 'now' };",
  },
  {
    name: 'foreign sub-records handed over',
    file: `${consumer}/expand.ts`,
    from: 'if (isForeign(partitionKey, explicitHashKey)) foreign(record);',
    to: 'if (isForeign(partitionKey, explicitHashKey) && false) foreign(record);',
  },
  {
    name: 'a lease lost by the clock held on to',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#clock.monotonic() - this.#confirmedAt >= this.#durationMs',
    to: 'this.#clock.monotonic() < this.#confirmedAt',
  },
  {
    name: 'a lease counted from the answer, not from the question',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#confirmedAt = startedAt;',
    to: 'this.#confirmedAt = this.#clock.monotonic();',
  },
  {
    name: 'a slept-through lease noticed only between batches',
    file: `${consumer}/shard-run.ts`,
    from: 'isHeld: () => held.held,',
    to: 'isHeld: () => true,',
  },
  {
    name: 'released without a checkpoint',
    file: `${consumer}/held-lease.ts`,
    from: 'if (this.#progress !== undefined || unstored) {',
    to: 'if (unstored) {',
  },
  {
    name: 'renewed without the condition (memory)',
    file: 'packages/kinesis/src/memory/lease-store.ts',
    from: 'return isCurrent(stored, lease) || isEcho(stored, lease) ? put(renewed(stored)) : undefined;',
    to: 'return put(renewed(stored));',
  },
  {
    name: 'taken without the condition (memory)',
    file: 'packages/kinesis/src/memory/lease-store.ts',
    from: 'if (stored.counter === lease.counter) return put(taken(stored, owner));',
    to: 'if (stored.counter >= lease.counter) return put(taken(stored, owner));',
  },
  {
    name: 'taken without the condition (DynamoDB)',
    file: 'packages/kinesis/src/aws/lease-store-update.ts',
    from: "' ADD ownerSwitchesSinceCheckpoint :one' : ''}`,\n    condition: 'leaseCounter = :seen',",
    to: "' ADD ownerSwitchesSinceCheckpoint :one' : ''}`,\n    condition: '',",
  },
  {
    name: 'checkpointed without the condition (DynamoDB)',
    file: 'packages/kinesis/src/aws/lease-store-update.ts',
    from: "condition: 'leaseCounter = :seen',\n    values: {\n      ...counters(lease),\n      ':checkpoint'",
    to: "condition: '',\n    values: {\n      ...counters(lease),\n      ':checkpoint'",
  },
  {
    name: 'own write with a lost answer taken for another’s',
    file: `${lease}/transition.ts`,
    from: 'return holder !== undefined && holderOf(stored) === holder && stored.counter === lease.counter + 1;',
    to: 'return holder !== undefined && false;',
  },
  {
    name: 'one parent of a merge forgotten',
    file: `${lease}/assignment.ts`,
    from: 'return lease.parentShardIds.every((id) => {',
    to: 'return lease.parentShardIds.slice(1).every((id) => {',
  },
  {
    name: 'children of a reshard started at their newest record',
    file: `${lease}/shard-sync.ts`,
    from: 'create: children.map((child) => newLease(child, fromOldest, parent.streamIdentifier)),',
    to: "create: children.map((child) => newLease(child, { checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 } }, parent.streamIdentifier)),",
  },
  {
    name: 'now not pinned',
    file: `${lease}/shard-sync.ts`,
    from: "return fromTime(from.type === 'now' ? now : from.at);",
    to: "return from.type === 'now' ? { checkpoint: { sequenceNumber: 'LATEST', subSequenceNumber: 0 } } : fromTime(now);",
  },
  {
    name: 'a key’s next record sent before the last is settled',
    file: `${producer}/lane-table.ts`,
    from: 'lane.busy = true;',
    to: 'this.#open(lane);',
  },
  {
    name: 'lanes laid anew without waiting for the old ones',
    file: `${producer}/outbox.ts`,
    from: 'this.#outOfOld = this.#out;',
    to: 'this.#outOfOld = 0;',
  },
  {
    name: 'records stored in a wrong shard not sent again',
    file: `${producer}/settlement.ts`,
    from: 'const foreign = parcel.members.filter(isForeign);',
    to: 'const foreign = parcel.members.filter((member) => isForeign(member) && false);',
  },
  {
    name: 'an aggregate with one foreign record sent again whole',
    file: `${producer}/settlement.ts`,
    from: 'const foreign = parcel.members.filter(isForeign);',
    to: 'const foreign = parcel.members.some(isForeign) ? parcel.members : [];',
  },
  {
    name: 'an aggregate in a shard nobody can name called stored',
    file: `${producer}/settlement.ts`,
    from: 'if (range === undefined && parcel.members.length > 1) {',
    to: 'if (range === null) {',
  },
  {
    name: 'the end of a shard taken back by a late beat',
    file: `${consumer}/held-lease.ts`,
    from: 'this.#progress = SHARD_END;',
    to: '',
  },
  {
    name: 'a loop given what it was offered before the shard was lost',
    file: `${consumer}/iterate.ts`,
    from: 'if (!next.isHeld()) continue;',
    to: '',
  },
  {
    name: 'parked keys forgotten when a shard changes hands',
    file: `${consumer}/held-lease.ts`,
    from: 'return same ? undefined : parked;',
    to: 'return undefined;',
  },
  {
    name: 'parked keys not passed on to the children of a reshard',
    file: `${consumer}/fleet.ts`,
    from: 'return new Map(parents.flatMap((parent) => [...(parent?.parked ?? nothingParked)]));',
    to: 'return nothingParked;',
  },
  {
    name: 'a healthy key parked after one try beside a parked one',
    file: `${handling}/process.ts`,
    from: 'const allowed = free.length === 1 ? this.#options.maxAttempts : tries;',
    to: 'const allowed = raw.length === 1 ? this.#options.maxAttempts : tries;',
  },
  {
    name: 'reading ahead without an end',
    file: 'packages/kinesis/src/source/byte-budget.ts',
    from: 'if (this.#used + bytes > this.#limit) return false;',
    to: '',
  },
  {
    name: 'fan-out resumed at the newest record',
    file: 'packages/kinesis/src/source/fan-out-source.ts',
    from: "this.#position = { type: 'after', sequenceNumber: continuation };",
    to: "this.#position = { type: 'now' };",
  },
  {
    name: 'more requests under way than promised',
    file: `${producer}/dispatch.ts`,
    from: 'while (this.#inFlight.size < this.#options.maxInFlight) {',
    to: 'while (this.#inFlight.size <= this.#options.maxInFlight) {',
  },
];
