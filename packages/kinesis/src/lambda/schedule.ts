import type { Attempt, Outcome } from './attempt.ts';
import type { Hand, Invocation } from './invocation.ts';
import { missed } from './missed.ts';
import type { Draft } from './record-cursor.ts';

export interface Schedule {
  /** At most so many records at once. */
  readonly concurrency: number;
  /** Whether a failure ends it all. */
  readonly stopAtFailure: boolean;
  /** Records of one key are handled one after the other, and none after one that failed. Without it there is no order. */
  readonly keyOf: ((record: Draft) => string) | undefined;
}

/** What one worker has in work, and what it waits for. */
interface Busy extends Hand {
  holds: Draft | undefined;
  outcome: Outcome;
  lane: Lane | undefined;
  /** What it waits for has come, or has failed. Made once, and not for each record. */
  readonly came: (ending: unknown) => void;
  readonly failed: (error: unknown) => void;
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
 * Rejects when the user's logger or `isPermanent` throws. No promise is answered when nothing had to be waited for, and
 * hands are called back: to `await` each record would cost more than all else that is done for it.
 */
export function handleAll(
  invocation: Invocation,
  attempt: Attempt,
  { concurrency, stopAtFailure, keyOf }: Schedule,
): Promise<void> | undefined {
  const { cursor, deadline } = invocation;
  const lanes = new Map<string, Lane>();
  let stopped = false;
  const ends = (): boolean => stopped || invocation.over || deadline.passed;

  /** Gives the hand the next record that is not done at once. */
  const take = (hand: Busy): boolean => {
    while (!ends()) {
      const record = cursor.next();
      if (record === undefined) break;
      if (invocation.isKnown(record)) continue;
      const key = keyOf?.(record);
      let lane = key === undefined ? undefined : lanes.get(key);
      if (lane?.taken === true) {
        invocation.begin(record);
        (lane.waiting ??= []).push(record);
        continue;
      }
      const outcome = attempt.start(record);
      if (outcome === true) continue;
      if (lane !== undefined) lane.taken = true;
      else if (key !== undefined) lanes.set(key, (lane = { taken: true, waiting: undefined }));
      hand.holds = record;
      hand.outcome = outcome;
      hand.lane = lane;
      return true;
    }
    return false;
  };

  /** The hand's record has ended; it takes up the next of the lane. */
  const end = (hand: Busy, record: Draft, ending: unknown): void => {
    const { lane } = hand;
    hand.holds = undefined;
    if (ending === missed) {
      invocation.begin(record);
      stopped = stopAtFailure;
      return;
    }
    invocation.finish(record);
    if (lane === undefined || ends()) return;
    hand.holds = lane.waiting?.shift();
    if (hand.holds === undefined) lane.taken = false;
    else hand.outcome = attempt.start(hand.holds);
  };

  let working = 1;
  let resolve: (() => void) | undefined;
  let reject: ((error: unknown) => void) | undefined;

  /** Goes on until something has to be waited for, or nothing is left. */
  const go = (hand: Busy): void => {
    while (hand.holds !== undefined || take(hand)) {
      const { holds, outcome } = hand;
      if (holds !== undefined && (outcome === true || outcome === missed)) end(hand, holds, outcome);
      else {
        Promise.resolve(outcome).then(hand.came, hand.failed);
        return;
      }
    }
    working--;
    if (working === 0) resolve?.();
  };

  const newHand = (): Busy => {
    /** Called back from outside: nobody else would hear what it throws. */
    const then =
      (step: (record: Draft, outcome: unknown) => void) =>
      (outcome: unknown): void => {
        try {
          if (hand.holds !== undefined) step(hand.holds, outcome);
          go(hand);
        } catch (error) {
          reject?.(error);
        }
      };
    const hand: Busy = {
      holds: undefined,
      outcome: true,
      lane: undefined,
      came: then((record, ending) => end(hand, record, ending)),
      failed: then((record, error) => {
        hand.outcome = attempt.failed(record, error);
      }),
    };
    invocation.watch(hand);
    return hand;
  };

  let hand = newHand();
  if (!take(hand)) return undefined;
  return new Promise((whenDone, whenBroken) => {
    resolve = whenDone;
    reject = whenBroken;
    go(hand);
    // One that has nothing in work found no more.
    for (; working < concurrency && hand.holds !== undefined; go(hand)) {
      working++;
      hand = newHand();
    }
  });
}
