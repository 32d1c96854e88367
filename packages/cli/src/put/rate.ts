import { optionError, sleep, type Clock } from '@millrace/kinesis/runtime';

/** Waits until the next record may go. */
export type Pace = (signal: AbortSignal) => Promise<void> | undefined;

/** Reads `--rate`: `100/s`, `6000/m`, or a number a second. Answers records a second; throws `OPTION_INVALID`. */
export function parseRate(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d+(?:\.\d+)?)(?:\/(s|m))?$/.exec(text) ?? [];
  const rate = Number(digits) / (unit === 'm' ? 60 : 1);
  if (digits === '' || rate <= 0)
    throw optionError('--rate', text, 'records a second, such as 100/s, or 6000/m for a minute');
  return rate;
}

/** An even pace: the n-th record goes no sooner than n / rate after the first. What was missed is not made up by a burst of more than a tenth of a second. */
export function createPace(rate: number, clock: Clock): Pace {
  const stepMs = 1000 / rate;
  let nextAt = clock.monotonic();
  return (signal) => {
    const now = clock.monotonic();
    nextAt = Math.max(nextAt, now - 100);
    const waitMs = nextAt - now;
    nextAt += stepMs;
    // Timers are no finer than a millisecond; below that the records of one are let go together.
    return waitMs < 1 ? undefined : sleep(clock, waitMs, signal);
  };
}
