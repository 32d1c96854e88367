import type { Clock } from '@millrace/kinesis/runtime';

import type { Random } from '../plan/random.ts';
import type { Alive, Timeline, Waker } from './timeline.ts';

/** A computer: it keeps the wall time, which may be wrong, through the lives of the processes that run on it. */
export interface Machine {
  readonly name: string;
  /** How far its wall clock is ahead, milliseconds. */
  wallAheadMs: number;
  /** Which ports it cannot reach. */
  readonly unreachable: Set<'stream' | 'leases'>;
}

/** Wall time at the beginning of every run. */
export const wallStart: number = Date.UTC(2026, 0, 1);

/**
 * One process, from its start to its end. Dead, nothing of it ever runs again. Paused, as SIGSTOP does it, whatever would
 * have run waits, and runs when it wakes.
 */
export class Life implements Alive {
  readonly name: string;
  readonly machine: Machine;
  /** The library's. */
  readonly clock: Clock;
  /** The program's around it. */
  readonly programClock: Clock;
  /** Whether what it sent still arrives once it is dead. */
  wire: 'arrives' | 'cut' = 'arrives';
  readonly #timeline: Timeline;
  readonly #random: Random;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #timers = 0;
  #held: { readonly waker: Waker; readonly task: () => void }[] = [];

  constructor(name: string, machine: Machine, timeline: Timeline, random: Random) {
    this.name = name;
    this.machine = machine;
    this.#timeline = timeline;
    this.#random = random;
    const bootedMs = random.below(1_000_000);
    const chance = random.fork();
    this.programClock = {
      now: () => Math.floor(wallStart + timeline.now + machine.wallAheadMs),
      monotonic: () => bootedMs + timeline.now,
      random: () => chance.next(),
      // As Node's: never sooner than a millisecond, or who waits for a rounding error would wait for ever.
      timer: (delayMs, task) => timeline.after(Math.max(1, delayMs), task, this),
    };
    this.clock = { ...this.programClock, timer: (delayMs, task) => this.#counted(delayMs, task) };
  }

  /** Timers of the library's that are set: a real process would not end before they have gone off. */
  get timers(): number {
    return this.#timers;
  }

  get dead(): boolean {
    return this.#state === 'dead';
  }

  get paused(): boolean {
    return this.#state === 'paused';
  }

  die(): void {
    this.#state = 'dead';
    this.#held = [];
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  /** Everything due runs now: timers in their order and answers in theirs, but either first. */
  wake(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    const held = this.#held;
    this.#held = [];
    const first: Waker = this.#random.chance(0.5) ? 'timer' : 'answer';
    const inTurn = held.toSorted((a, b) => Number(b.waker === first) - Number(a.waker === first));
    for (const { waker, task } of inTurn) this.#timeline.after(0, task, this, waker);
  }

  hold(waker: Waker, task: () => void): void {
    this.#held.push({ waker, task });
  }

  #counted(delayMs: number, task: () => void): Disposable {
    let set = true;
    this.#timers++;
    const unset = (): void => {
      if (set) this.#timers--;
      set = false;
    };
    const timer = this.programClock.timer(delayMs, () => {
      unset();
      task();
    });
    return {
      [Symbol.dispose]: () => {
        unset();
        timer[Symbol.dispose]();
      },
    };
  }
}

/** What a dead process awaits. */
export function never(): Promise<never> {
  return new Promise(() => {});
}
