import type { Receipt, WriteOutcome } from '@millrace/kinesis/producer';
import { decodeAggregate } from '@millrace/kinesis/codec';
import { effectiveHashKey, type OutgoingRecord } from '@millrace/kinesis/record';
import { contains, type HashRange } from '@millrace/kinesis/shard';

import { idIn, shardName, type Item } from './item.ts';
import { PlaceList, placeName, type Place, type Position } from './place.ts';
import type { Verdict } from './verdict.ts';

/** How long the service keeps a record. */
const retentionMs = 24 * 3_600_000;

interface Account {
  readonly item: Item;
  readonly ordered: boolean;
  /** Places where consumers look for it. */
  readonly places: Place[];
  /** What its putter was told. */
  fate: 'open' | 'stored' | 'refused';
  /** When its producer was told of a place of it that counts. */
  toldAt: number;
}

/** When entries were sent and stored, virtual milliseconds, and, by the service's clock, when those of a shard arrived. */
interface StoredWhen {
  readonly sentAt: number;
  readonly now: number;
  readonly arrivalOf: (shard: string) => number;
}

export interface LedgerParts {
  readonly verdict: Verdict;
  readonly rangeOf: (shard: string) => HashRange | undefined;
  /** The service's wall time. */
  readonly serviceTime: () => number;
  /** Whether the group passes over what cannot be decoded, and tells nobody. */
  readonly skipsGarbled: boolean;
}

/**
 * Knows every record: what was put, where the service stored it, what its putter was told, and what has been handled.
 * Written to when things really happen, not when a process learns of them.
 */
export class Ledger {
  readonly #verdict: Verdict;
  readonly #rangeOf: LedgerParts['rangeOf'];
  readonly #skipsGarbled: boolean;
  readonly #accounts = new Map<string, Account>();
  readonly #places = new Map<string, Place>();
  readonly #records = new Map<string, Place[]>();
  readonly #shards = new Map<string, PlaceList>();
  readonly #keys = new Map<string, PlaceList>();
  /** The item of each series stored last for the first time. */
  readonly #stored = new Map<string, Item[]>();
  readonly #owedFrom = new Map<string, { readonly wall: number; readonly at: number }>();
  readonly #serviceTime: () => number;
  /** The service keeps nothing that arrived before; once gone, a record stays so, whatever its clock says. */
  #horizon = Number.NEGATIVE_INFINITY;
  #oldest = Number.POSITIVE_INFINITY;
  #open = 0;

  constructor({ verdict, rangeOf, serviceTime, skipsGarbled }: LedgerParts) {
    this.#verdict = verdict;
    this.#rangeOf = rangeOf;
    this.#serviceTime = serviceTime;
    this.#skipsGarbled = skipsGarbled;
  }

  /** Puts not settled yet. */
  get openPuts(): number {
    return this.#open;
  }

  get records(): number {
    return this.#accounts.size;
  }

  /** Records of the stream that arrived before this, or, by a clock that went back, later but really before `at`, are not owed to the group: it began later. */
  oweFrom(stream: string, wall: number, at = Number.NEGATIVE_INFINITY): void {
    const before = this.#owedFrom.get(stream) ?? { wall, at };
    this.#owedFrom.set(stream, { wall: Math.max(before.wall, wall), at: Math.max(before.at, at) });
  }

  /** Whether the group has a right to it, and the service has it still. */
  readonly isOwed = (place: Place): boolean => this.#isMeant(place) && !this.isGone(place);

  /** Whether it is past its retention. */
  isGone({ storedAt }: Place): boolean {
    this.#horizon = Math.max(this.#horizon, this.#serviceTime() - retentionMs);
    return storedAt < this.#horizon;
  }

  /** The first of these places that the group had a right to and lost to the retention. */
  firstTaken(shard: string, isBetween: (place: Place) => boolean): Place | undefined {
    // In most runs nothing ever gets so old.
    if (this.#oldest >= this.#serviceTime() - retentionMs && this.#oldest >= this.#horizon) return undefined;
    const isTaken = (place: Place): boolean =>
      !place.done && this.#isMeant(place) && this.isGone(place) && isBetween(place);
    return this.#shards.get(shard)?.find(isTaken);
  }

  put(item: Item, ordered: boolean): void {
    this.#accounts.set(item.id, {
      item,
      ordered,
      places: [],
      fate: 'open',
      toldAt: Number.POSITIVE_INFINITY,
    });
    this.#open++;
  }

  /** The process that put it is dead: nobody will be told. */
  orphaned(item: Item): void {
    const account = this.#account(item.id);
    if (account?.fate === 'open') this.#settle(account, 'refused');
  }

  refused(item: Item): void {
    const account = this.#account(item.id);
    if (account !== undefined) this.#settle(account, 'refused');
  }

  acknowledged(item: Item, receipt: Receipt): void {
    const account = this.#account(item.id);
    if (account === undefined) return;
    this.#settle(account, 'stored');
    const name = `${shardName(item.stream, receipt.shardId)}/${placeName(receipt)}`;
    if (this.#places.get(name)?.item !== item) {
      this.#verdict.broken('a receipt tells the place', `${item.id} is not at ${name}`, [item.key, item.id]);
    }
    if (account.ordered) this.#checkStoredOrder(item);
  }

  /** The service has stored these entries, sent then; `arrivalOf` a shard is when those for it arrived. */
  stored(
    stream: string,
    entries: readonly OutgoingRecord[],
    outcomes: readonly WriteOutcome[],
    { sentAt, now, arrivalOf }: StoredWhen,
  ): void {
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index];
      if (outcome?.ok !== true) continue;
      for (const { account, ...at } of this.#membersOf(stream, entry, outcome)) {
        this.#checkShard(account.item, at);
        const arrivedAt = arrivalOf(at.shard);
        this.#oldest = Math.min(this.#oldest, arrivedAt);
        const done = this.#skipsGarbled && account.item.poison === 'garbled';
        const place: Place = {
          item: account.item,
          ...at,
          storedAt: arrivedAt,
          at: now,
          done,
          handled: false,
          doneBy: undefined,
          given: undefined,
        };
        this.#places.set(`${place.shard}/${placeName(place)}`, place);
        listOf(this.#shards, place.shard).push(place);
        const record = `${place.shard}/${place.sequenceNumber}`;
        this.#records.set(record, [...(this.#records.get(record) ?? []), place]);
        if (place.foreign) continue;
        if (sentAt > account.toldAt) {
          const message = `${account.item.id} was sent again, though its producer knew it stored`;
          this.#verdict.broken('stored once when told so', message, [account.item.key, account.item.id]);
        }
        listOf(this.#keys, place.item.key).push(place);
        if (account.places.push(place) === 1) this.#firstStored(account.item);
      }
    }
  }

  /** The producer has learnt of it. */
  told(
    stream: string,
    entries: readonly OutgoingRecord[],
    outcomes: readonly WriteOutcome[],
    now: number,
  ): void {
    for (const [index, entry] of entries.entries()) {
      const outcome = outcomes[index];
      if (outcome?.ok !== true) continue;
      for (const { account, foreign } of this.#membersOf(stream, entry, outcome))
        if (!foreign) account.toldAt = Math.min(account.toldAt, now);
    }
  }

  placeAt(shard: string, position: Position): Place | undefined {
    return this.#places.get(`${shard}/${placeName(position)}`);
  }

  /** The user records of a stored one. */
  placesOf(shard: string, sequenceNumber: string): readonly Place[] {
    return this.#records.get(`${shard}/${sequenceNumber}`) ?? [];
  }

  /** The first record of the shard that is owed and has not been handled. */
  firstOpen(shard: string): Place | undefined {
    return this.#shards.get(shard)?.firstWithout('done', this.isOwed);
  }

  /** The last record of the shard the group is owed. */
  lastOwed(shard: string): Place | undefined {
    return this.#shards.get(shard)?.lastOwed(this.isOwed);
  }

  /** Whether everything of the shard behind a place was done under one holding of it. */
  isAllDoneBy(holding: object, shard: string, isBehind: (place: Place) => boolean): boolean {
    const places = this.#shards.get(shard)?.filter(this.isOwed, isBehind) ?? [];
    return places.every(({ doneBy }) => doneBy === holding);
  }

  /** Records of the same key that stand before it, are owed and have not been handled, or not even put aside. */
  before(place: Place, without: 'done' | 'handled'): Iterable<Place> {
    return listOf(this.#keys, place.item.key).without(without, place, this.isOwed);
  }

  /** Stored records that are owed and have not been handled. */
  unhandled(): readonly Place[] {
    return [...this.#shards.keys()].map((id) => this.firstOpen(id)).filter((place) => place !== undefined);
  }

  /** Acknowledged items none of whose places has been handled, though it was owed. */
  lost(): readonly Item[] {
    return [...this.#accounts.values()]
      .filter(({ fate, places }) => {
        if (fate !== 'stored') return false;
        return !places.some((place) => place.done || !this.isOwed(place));
      })
      .map(({ item }) => item);
  }

  /** Whether the group began early enough for it. */
  #isMeant({ item, storedAt, at }: Place): boolean {
    const from = this.#owedFrom.get(item.stream);
    return from === undefined || (storedAt >= from.wall && at >= from.at);
  }

  /** A record that stands for itself is in the shard of its own hash key; one in an aggregate is, or counts as foreign. */
  #checkShard(
    { id, key, explicitHashKey }: Item,
    { shard, foreign }: Pick<Place, 'shard' | 'foreign'>,
  ): void {
    const range = this.#rangeOf(shard);
    if (foreign || range === undefined || contains(range, effectiveHashKey(key, explicitHashKey))) return;
    this.#verdict.broken('records are where their hash key says', `${id} is in ${shard}`, [key, id, shard]);
  }

  *#membersOf(
    stream: string,
    { partitionKey, data, explicitHashKey }: OutgoingRecord,
    { shardId, sequenceNumber }: Extract<WriteOutcome, { readonly ok: true }>,
  ): Iterable<
    { readonly account: Account } & Omit<
      Place,
      'item' | 'storedAt' | 'at' | 'done' | 'handled' | 'doneBy' | 'given'
    >
  > {
    const members = decodeAggregate(data);
    const shard = shardName(stream, shardId);
    const range = this.#rangeOf(shard);
    const aggregated = members !== undefined;
    for (const [subSequenceNumber, member] of (
      members ?? [{ partitionKey, data, explicitHashKey }]
    ).entries()) {
      const account = this.#account(idIn(member.data));
      if (account === undefined) continue;
      const hashKey = effectiveHashKey(member.partitionKey, member.explicitHashKey);
      const foreign = aggregated && range !== undefined && !contains(range, hashKey);
      yield { account, shard, sequenceNumber, subSequenceNumber, foreign, aggregated };
    }
  }

  #account(id: string): Account | undefined {
    const account = this.#accounts.get(id);
    if (account === undefined) this.#verdict.broken('what is handled was put', `nobody put ${id}`, [id]);
    return account;
  }

  #settle(account: Account, fate: 'stored' | 'refused'): void {
    if (account.fate !== 'open') {
      this.#verdict.broken('every put settles', `${account.item.id} settles twice`, [account.item.id]);
    }
    account.fate = fate;
    this.#open--;
  }

  #firstStored(item: Item): void {
    const stored = this.#stored.get(item.series);
    if (stored === undefined) this.#stored.set(item.series, [item]);
    else stored.push(item);
  }

  /** Nothing put later may have been stored before it. */
  #checkStoredOrder(item: Item): void {
    for (const earlier of this.#stored.get(item.series) ?? []) {
      if (earlier === item) return;
      if (earlier.n < item.n) continue;
      const message = `${earlier.id} was stored before ${item.id}, which was put first`;
      this.#verdict.broken('keys are stored in order', message, [item.key, item.id, earlier.id]);
      return;
    }
  }
}

function listOf(lists: Map<string, PlaceList>, name: string): PlaceList {
  let list = lists.get(name);
  if (list === undefined) lists.set(name, (list = new PlaceList()));
  return list;
}
