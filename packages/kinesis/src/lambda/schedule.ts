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
  lane: Lane | undefined;
  /** What it waits for. */
  outcome: Outcome;
}

/** The records of one key. It is made once for a key, and its list when a record has to wait: most never do. */
interface Lane {
  /** Whether one of them is in somebody's hands, or failed. */
  taken: boolean;
  waiting: Draft[] | undefined;
}

/**
 * Works off the event with as many hands as may be: each takes the next record, which it need not wait for when it is done at
 * once. One whose key is in somebody's hands waits in that key's lane and takes up nobody, so that a hot key does not hold up
 * the others; the lane of a key that failed takes records and gives none back.
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
  const lanes = new Map<string, Lane>();
  let stopped = false;
  const ends = (): boolean => stopped || invocation.over || deadline.passed();

  /** Puts into the hand the next record that is not done at once; when there is none, it is empty. */
  const take = (hand: Busy): void => {
    hand.holds = undefined;
    while (!ends()) {
      const record = cursor.next();
      if (record === undefined) break;
      if (invocation.isKnown(record)) continue;
      let lane = byKey ? lanes.get(record.partitionKey) : undefined;
      if (lane?.taken === true) {
        invocation.begin(record);
        (lane.waiting ??= []).push(record);
        continue;
      }
      const outcome = attempt.start(record);
      if (outcome === true) continue;
      if (lane !== undefined) lane.taken = true;
      else if (byKey) lanes.set(record.partitionKey, (lane = { taken: true, waiting: undefined }));
      hand.holds = record;
      hand.lane = lane;
      hand.outcome = outcome;
      return;
    }
  };

  /** What the hand holds is done; it takes up the next of the lane, or another. */
  const goOn = (hand: Busy): void => {
    const { lane } = hand;
    const record = lane?.waiting === undefined || ends() ? undefined : lane.waiting.shift();
    if (record !== undefined) {
      hand.holds = record;
      hand.outcome = attempt.start(record);
      return;
    }
    if (lane !== undefined) lane.taken = false;
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
        take(hand);
      } else {
        invocation.finish(record);
        goOn(hand);
      }
    }
  };

  const hands: Promise<void>[] = [];
  while (hands.length < concurrency) {
    const hand: Busy = { holds: undefined, lane: undefined, outcome: true };
    take(hand);
    // One that has nothing to do found no more.
    if (hand.holds === undefined) break;
    invocation.watch(hand);
    hands.push(work(hand));
  }
  return hands.length === 0 ? undefined : Promise.all(hands);
}
