import type { Mutation } from './mutation.ts';

const producer = 'packages/kinesis/src/producer';

/** Ways to lose, repeat or misplace records on their way in, at the producer or the server. */
export const producerMutations: readonly Mutation[] = [
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
    name: 'a receipt that names the first place of an aggregate for all of it',
    file: `${producer}/settlement.ts`,
    from: 'subSequenceNumber++;',
    to: '',
    noticedBy: 2,
  },
  {
    name: 'only the first of an aggregate past its deadline told so',
    file: `${producer}/settlement.ts`,
    from: 'for (const member of late) {',
    to: 'for (const member of late.slice(0, 1)) {',
    noticedBy: 19,
  },
  {
    name: 'more requests under way than promised',
    file: `${producer}/dispatch.ts`,
    from: 'while (this.#inFlight.size < this.#options.maxInFlight) {',
    to: 'while (this.#inFlight.size <= this.#options.maxInFlight) {',
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
