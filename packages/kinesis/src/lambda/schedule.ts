import type { Attempt, Outcome } from './attempt.ts';
import type { Hand, Invocation } from './invocation.ts';
import { missed } from './missed.ts';
import type { Draft } from '../process/raw-record.ts';

export interface Schedule {
  /** At most so many records at once. */
  readonly concurrency: number;
  /** Whether a failure ends it all. */
  readonly stopAtFailure: boolean;
  /** Records of one key are handled one after the other, and none after one that failed. Without it there is no order. */
  readonly keyOf: ((record: Draft) => string) | undefined;
}

/** What one worker has in work. */
interface Busy extends Hand {
  holds: Draft | undefined;
  lane: Lane | undefined;
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
  const take = (hand: Busy): Outcome | undefined => {
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
      hand.lane = lane;
      return outcome;
    }
    return undefined;
  };

  /** What the hand holds has ended; it takes up the next of the lane, or another. */
  const end = (hand: Busy, record: Draft, ending: unknown): Outcome | undefined => {
    const { lane } = hand;
    hand.holds = undefined;
    if (ending === missed) {
      invocation.begin(record);
      stopped = stopAtFailure;
    } else {
      invocation.finish(record);
      if (lane !== undefined && !ends()) {
        hand.holds = lane.waiting?.shift();
        if (hand.holds !== undefined) return attempt.start(hand.holds);
        lane.taken = false;
      }
    }
    return take(hand);
  };

  let working = 0;
  let settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  const newHand = (): Busy & { go(outcome: Outcome | undefined): void } => {
    /** Called back from outside: nobody else would hear what it throws. */
    const then =
      (step: (record: Draft, came: unknown) => Outcome | undefined) =>
      (came: unknown): void => {
        try {
          if (hand.holds !== undefined) hand.go(step(hand.holds, came));
        } catch (error) {
          settle?.reject(error);
        }
      };
    const handled = then((record, ending) => end(hand, record, ending));
    const failed = then((record, error) => attempt.failed(record, error));
    const hand = {
      holds: undefined as Draft | undefined,
      lane: undefined as Lane | undefined,
      /** Goes on until something has to be waited for, or nothing is left. */
      go(outcome: Outcome | undefined): void {
        let next = outcome;
        while (hand.holds !== undefined && next !== undefined) {
          if (next !== true && next !== missed) {
            Promise.resolve(next).then(handled, failed);
            return;
          }
          next = end(hand, hand.holds, next);
        }
        working--;
        if (working === 0) settle?.resolve();
      },
    };
    working++;
    invocation.watch(hand);
    return hand;
  };

  let hand = newHand();
  let outcome = take(hand);
  if (outcome === undefined) return undefined;
  return new Promise((resolve, reject) => {
    settle = { resolve, reject };
    hand.go(outcome);
    // One that has nothing in work found no more.
    for (let hands = 1; hands < concurrency && hand.holds !== undefined; hands++) {
      hand = newHand();
      outcome = take(hand);
      hand.go(outcome);
    }
  });
}
