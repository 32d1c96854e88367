import process from 'node:process';

interface Task {
  readonly at: number;
  readonly order: number;
  /** Whose it is; what belongs to nobody is the network's or the service's. */
  readonly life: Alive | undefined;
  readonly waker: Waker;
  run: (() => void) | undefined;
}

/** What wakes a process: one of its timers, or an answer on one of its sockets. */
export type Waker = 'timer' | 'answer';

/** What time must know of a process. */
export interface Alive {
  /** Nothing of it runs again. */
  readonly dead: boolean;
  /** What would run is held instead. */
  readonly paused: boolean;
  hold(waker: Waker, task: () => void): void;
}

/**
 * Virtual time: tasks in the order of their times, those of one time in the order they were set. A task runs until
 * nothing is left that can run without time passing; then comes the next. So everything between two awaits of a process
 * is one step, and any other process may come between two steps.
 */
export class Timeline {
  readonly #heap: Task[] = [];
  #now = 0;
  #order = 0;
  #steps = 0;

  /** Milliseconds since the beginning. */
  get now(): number {
    return this.#now;
  }

  get steps(): number {
    return this.#steps;
  }

  after(delayMs: number, run: () => void, life?: Alive, waker: Waker = 'timer'): Disposable {
    const task: Task = { at: this.#now + Math.max(0, delayMs), order: this.#order++, life, waker, run };
    this.#push(task);
    return {
      [Symbol.dispose]: () => {
        task.run = undefined;
      },
    };
  }

  /** Whether nothing will ever run again. */
  get idle(): boolean {
    return this.#heap.length === 0;
  }

  /** Runs the next task that is due by then; false when there is none, and it is then. */
  async step(untilMs: number): Promise<boolean> {
    while ((this.#heap[0]?.at ?? Number.POSITIVE_INFINITY) <= untilMs) {
      const task = this.#pop();
      if (task === undefined) break;
      const { run, life } = task;
      if (run === undefined || life?.dead === true) continue;
      this.#now = Math.max(this.#now, task.at);
      if (life?.paused === true) {
        life.hold(task.waker, () => task.run?.());
        continue;
      }
      this.#steps++;
      run();
      await drained();
      return true;
    }
    this.#now = Math.max(this.#now, untilMs);
    return false;
  }

  #push(task: Task): void {
    const heap = this.#heap;
    let at = heap.push(task) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up];
      if (parent === undefined || before(parent, task)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = task;
  }

  #pop(): Task | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      const left = at * 2 + 1;
      const right = heap[left + 1];
      let child = heap[left];
      let down = left;
      if (child === undefined) break;
      if (right !== undefined && before(right, child)) {
        child = right;
        down = left + 1;
      }
      if (before(last, child)) break;
      heap[at] = child;
      at = down;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** Resolves when no promise is left that can settle by itself: Node looks at its ticks only then. */
function drained(): Promise<void> {
  return new Promise((resolve) => {
    process.nextTick(resolve);
  });
}
