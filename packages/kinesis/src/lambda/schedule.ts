import type { Attempt } from './attempt.ts';
import type { Invocation } from './invocation.ts';
import type { Draft } from './record-cursor.ts';

export interface Schedule {
  /** At most so many records at once. */
  readonly concurrency: number;
  /** Whether a failure ends it all. */
  readonly stopAtFailure: boolean;
  /** Records of one key are handled one after the other, and none after one that failed. Without it there is no order. */
  readonly keyOf: ((record: Draft) => string) | undefined;
}

/**
 * Works off the event with as many hands as may be: each takes the next record, which it need not wait for when it is done at
 * once. One whose key is in somebody's hands waits in that key's lane and takes up nobody, so that a hot key does not hold up
 * the others; the lane of a key that failed takes records and gives none back.
 */
export async function handleAll(
  invocation: Invocation,
  attempt: Attempt,
  { concurrency, stopAtFailure, keyOf }: Schedule,
): Promise<void> {
  const { cursor, deadline } = invocation;
  const lanes = new Map<string, Draft[]>();
  let stopped = false;
  const ends = (): boolean => stopped || invocation.over || deadline.passed;
  const next = (): Draft | undefined => (ends() ? undefined : cursor.next());

  const work = async (): Promise<void> => {
    const hand = invocation.hand();
    for (let record = next(); record !== undefined; record = next()) {
      if (invocation.isKnown(record)) continue;
      const key = keyOf?.(record);
      const lane = key === undefined ? undefined : lanes.get(key);
      if (lane !== undefined) {
        invocation.begin(record);
        lane.push(record);
        continue;
      }
      let outcome = attempt.start(record);
      if (outcome === true) continue;
      if (key !== undefined) lanes.set(key, []);
      for (let current: Draft | undefined = record; current !== undefined;) {
        hand.holds = current;
        let done = true;
        if (typeof outcome === 'boolean' || !('waitFor' in outcome)) done = await outcome;
        else {
          try {
            await outcome.waitFor;
          } catch (error) {
            done = await attempt.failed(current, error);
          }
        }
        if (!done) {
          invocation.begin(current);
          stopped = stopAtFailure;
          break;
        }
        hand.holds = undefined;
        invocation.finish(current);
        if (key === undefined || ends()) break;
        current = lanes.get(key)?.shift();
        if (current !== undefined) outcome = attempt.start(current);
        else lanes.delete(key);
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
}
