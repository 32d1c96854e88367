import type { Clock } from '@millrace/kinesis/runtime';

import { Alarm } from './alarm.ts';
import type { Lane, LaneStep, Outcome, WindowTurn } from './lane.ts';
import type { BatchSpan } from './mapping-event.ts';
import type { MappingRecord } from './record.ts';
import type { Verdict } from './response.ts';
import type { OpenWindow } from './tumbling-window.ts';

export type InvokeStep = Extract<LaneStep, { type: 'invoke' }>;
export type DropStep = Extract<LaneStep, { type: 'drop' }>;

export interface Waiting {
  readonly records: readonly MappingRecord[];
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly until: number;
  readonly turn: WindowTurn | undefined;
}

/** What a lane does to the world. */
export interface LaneEffects {
  invoke(step: InvokeStep): Promise<Outcome>;
  /** How the invocation was judged. */
  judged(step: InvokeStep, verdict: Verdict): void;
  /** The records in hand wait for another try. */
  waiting(work: Waiting): void;
  drop(step: DropStep): Promise<void>;
  finished(records: readonly MappingRecord[]): void;
}

/** Runs a {@link Lane}: does what it says, one thing at a time. */
export class LaneRun {
  readonly #lane: Lane;
  readonly #clock: Clock;
  readonly #effects: LaneEffects;
  readonly #alarm: Alarm;
  #stopping = false;
  #ending = false;

  constructor(lane: Lane, clock: Clock, effects: LaneEffects) {
    this.#lane = lane;
    this.#clock = clock;
    this.#effects = effects;
    this.#alarm = new Alarm(clock);
  }

  get window(): OpenWindow | undefined {
    return this.#lane.window;
  }

  push(record: MappingRecord): void {
    this.#lane.push(record, this.#clock.now());
  }

  /** Records were pushed. */
  wake(): void {
    this.#alarm.ring();
  }

  /** No more records will come: it runs until it holds none. */
  end(): void {
    this.#ending = true;
    this.#lane.end();
    this.#alarm.ring();
  }

  /** Lets the invocation under way finish, and begins none. */
  stop(): void {
    this.#stopping = true;
    this.#alarm.ring();
  }

  /** Resolves when stopped, or ended and empty. */
  async run(): Promise<void> {
    let told: number | undefined;
    while (!this.#stopping) {
      const step = this.#lane.step(this.#clock.now());
      switch (step.type) {
        case 'idle':
          if (this.#ending) return;
          await this.#alarm.wait();
          break;
        case 'wait':
          if (this.#lane.retrying !== undefined && told !== step.until) {
            told = step.until;
            const { records, attempts } = this.#lane.retrying;
            this.#effects.waiting({
              records,
              attempt: attempts + 1,
              until: step.until,
              turn: this.#lane.turn,
            });
          }
          await this.#alarm.wait(step.until);
          break;
        case 'drop':
          await this.#effects.drop(step);
          this.#effects.finished(step.records);
          break;
        case 'invoke': {
          const outcome = await this.#effects.invoke(step);
          const { verdict, finished } = this.#lane.settle(outcome, this.#clock.now());
          this.#effects.judged(step, verdict);
          this.#effects.finished(finished);
        }
      }
    }
  }
}

export function spanOf(records: readonly MappingRecord[]): BatchSpan {
  return {
    records: records.length,
    first: records[0]?.sequenceNumber,
    last: records.at(-1)?.sequenceNumber,
  };
}
