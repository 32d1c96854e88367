import { nextTurn, type Clock } from '../runtime/clock.ts';

/** A clock that moves only when told. Its timers wait for whole milliseconds, as Node's do. */
export interface ManualClock extends Clock {
  /** Timers waiting to fire. */
  readonly pending: number;
  /** Moves time on by `ms`, firing every timer due on the way in order and letting promises settle between. */
  advance(ms: number): Promise<void>;
  /** Fires the next timer, however far ahead; false when none waits. */
  next(): Promise<boolean>;
  /** Lets everything that can run without time passing run. */
  settle(): Promise<void>;
  /** Moves the wall clock only, as NTP or a laptop waking would. */
  jump(ms: number): void;
}

export interface ManualClockOptions {
  /** Wall time at the start, milliseconds since the epoch. Default 2026-01-01T00:00:00Z. */
  readonly start?: number;
  /** Seed of `random()`. Default 1. */
  readonly seed?: number;
}

/**
 * A clock for tests: no sleeps, no flakes, and the same run every time.
 *
 * @example
 * ```ts
 * const clock = createManualClock();
 * const producer = createProducer(orders, connection, { clock, linger: 50 });
 * const receipt = producer.put(order);
 * await clock.advance(50);
 * await receipt;
 * ```
 */
export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  let wall = options.start ?? Date.UTC(2026, 0, 1);
  let elapsed = 0;
  let order = 0;
  let state = (options.seed ?? 1) >>> 0;
  const timers: Timer[] = [];

  const fireUpTo = async (target: number): Promise<void> => {
    await nextTurn();
    for (let due = earliest(timers); due !== undefined && due.at <= target; due = earliest(timers)) {
      timers.splice(timers.indexOf(due), 1);
      wall += due.at - elapsed;
      elapsed = due.at;
      due.task();
      await nextTurn();
    }
  };

  return {
    get pending() {
      return timers.length;
    },
    now: () => wall,
    monotonic: () => elapsed,
    random: () => {
      // mulberry32: small, fast, and good enough to spread a jitter.
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    timer(delayMs, task) {
      // Rounded up: a wait for what is less than time can show would begin again for ever.
      const timer = { at: elapsed + Math.ceil(Math.max(0, delayMs)), order: order++, task };
      timers.push(timer);
      return {
        [Symbol.dispose]: () => {
          const index = timers.indexOf(timer);
          if (index >= 0) timers.splice(index, 1);
        },
      };
    },
    async advance(ms) {
      const target = elapsed + ms;
      await fireUpTo(target);
      wall += target - elapsed;
      elapsed = target;
    },
    async next() {
      await nextTurn();
      const due = earliest(timers);
      if (due === undefined) return false;
      await fireUpTo(due.at);
      return true;
    },
    settle: nextTurn,
    jump(ms) {
      wall += ms;
    },
  };
}

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly task: () => void;
}

function earliest(timers: readonly Timer[]): Timer | undefined {
  let first: Timer | undefined;
  for (const timer of timers) {
    if (first === undefined || timer.at < first.at || (timer.at === first.at && timer.order < first.order))
      first = timer;
  }
  return first;
}
