import type { Attempt, Outcome } from './attempt.ts';
import type { Hand, Invocation } from './invocation.ts';
import { missed } from './missed.ts';
import type { Draft } from '../process/raw-record.ts';

export interface Schedule {
  /** At most so many records at once. */
  readonly concurrency: number;
  /** Whether a failure ends it all. */
  readonly stopAtFailure: boolean;
  /** Whether records of one key are handled one after the other, and none after one that failed. */
  readonly byKey: boolean;
}

/** What one worker has in work. */
interface Busy extends Hand {
  holds: Draft | undefined;
  /** Of its key. */
  kind: number;
  /** What it waits for. */
  outcome: Outcome;
  /** Records of the key it holds, in order; most keys never have any. */
  waiting: Draft[] | undefined;
}

/**
 * Works off the event with as many hands as may be: each takes the next record, which it need not wait for when it is done at
 * once. One whose key another hand holds waits with that hand and takes up nobody, so that a hot key does not hold up the
 * others; one whose key has failed is not begun.
 *
 * Rejects when the user's logger or `isPermanent` throws. No promise is answered when nothing had to be waited for: to `await`
 * what is done already would cost more than all else that is done for a record.
 */
export function handleAll(
  invocation: Invocation,
  attempt: Attempt,
  { concurrency, stopAtFailure, byKey }: Schedule,
): Promise<unknown> | undefined {
  const { cursor, deadline } = invocation;
  const hands: Busy[] = [];
  invocation.watch(hands);
  const failed = new Set<string>();
  /** How many keys of a kind are held or have failed: mostly none, and no hand need be looked at. */
  const kinds = new Uint32Array(kindsOfKeys);
  let stopped = false;
  const ends = (): boolean => stopped || invocation.over || deadline.passed();

  /** Whether the record may not be begun; it then waits for who holds its key, if anybody does. */
  const isHeldBack = (record: Draft): boolean => {
    const { partitionKey } = record;
    const holder = hands.find(({ holds }) => holds?.partitionKey === partitionKey);
    if (holder === undefined) return failed.has(partitionKey);
    (holder.waiting ??= []).push(record);
    return true;
  };

  /** Puts into the hand the next record that is not done at once; when there is none, it is empty. */
  const take = (hand: Busy): void => {
    hand.holds = undefined;
    while (!ends()) {
      const record = cursor.next();
      if (record === undefined) break;
      if (invocation.isKnown(record)) continue;
      const kind = byKey ? kindOf(record) : 0;
      if (byKey && kinds[kind] !== 0 && isHeldBack(record)) {
        invocation.begin(record);
        continue;
      }
      const outcome = attempt.start(record);
      if (outcome === true) continue;
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      hand.kind = kind;
      hand.holds = record;
      hand.outcome = outcome;
      return;
    }
  };

  /** What the hand held is done; it goes on with the next of its key, or another. */
  const goOn = (hand: Busy): void => {
    const record = hand.waiting === undefined || ends() ? undefined : hand.waiting.shift();
    if (record !== undefined) {
      hand.holds = record;
      hand.outcome = attempt.start(record);
      return;
    }
    kinds[hand.kind] = (kinds[hand.kind] ?? 1) - 1;
    take(hand);
  };

  const work = async (hand: Busy): Promise<void> => {
    for (let record = hand.holds; record !== undefined; record = hand.holds) {
      let ending: unknown = hand.outcome;
      if (ending !== true && ending !== missed) {
        try {
          ending = await ending;
        } catch (error) {
          ending = await attempt.failed(record, error);
        }
      }
      if (ending === missed) {
        invocation.begin(record);
        stopped = stopAtFailure;
        failed.add(record.partitionKey);
        hand.waiting = undefined;
        take(hand);
      } else {
        invocation.finish(record);
        goOn(hand);
      }
    }
  };

  const working: Promise<void>[] = [];
  while (working.length < concurrency) {
    const hand: Busy = { holds: undefined, kind: 0, outcome: true, waiting: undefined };
    take(hand);
    // One that has nothing to do found no more.
    if (hand.holds === undefined) break;
    hands.push(hand);
    working.push(work(hand));
  }
  return working.length > 1 ? Promise.all(working) : working[0];
}

/** A power of two. */
const kindsOfKeys = 256;

/** By the end of its key, where keys differ most. */
function kindOf({ partitionKey }: Draft): number {
  const end = partitionKey.length - 1;
  return (partitionKey.charCodeAt(end) * 31 + partitionKey.charCodeAt(end - 1)) & (kindsOfKeys - 1);
}
