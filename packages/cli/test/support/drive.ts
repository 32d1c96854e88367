import type { ManualClock } from '@millrace/kinesis/testing';

/** Lets time pass, timer after timer, until `promise` settles; answers what it settles with. */
export async function drive<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  const state = { settled: false };
  const settle = (): void => {
    state.settled = true;
  };
  promise.then(settle, settle);
  for (let timers = 0; !state.settled; timers++) {
    // What needs no time comes first: modules are loaded, files opened. A command loads most of it before its first timer.
    const patience = timers === 0 ? 2000 : 30;
    for (let turns = 0; turns < patience && !state.settled; turns++) await clock.settle();
    if (!state.settled) await clock.next();
    if (timers > 100_000) throw new Error('it never settles');
  }
  return promise;
}
