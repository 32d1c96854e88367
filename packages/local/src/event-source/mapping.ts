import type { Position } from '@millrace/kinesis/record';

import { Alarm } from './alarm.ts';
import { createShardRun } from './assemble-shard.ts';
import { compileFilter } from './filter/criteria.ts';
import type { KeptMapping } from './kept-mapping.ts';
import type { MappingEvent } from './mapping-event.ts';
import type { MappingInit } from './mapping-init.ts';
import { MappingRun, Positions } from './mapping-run.ts';
import type { MappingSettings } from './settings.ts';

export type MappingState =
  | 'Creating'
  | 'Enabling'
  | 'Enabled'
  | 'Disabling'
  | 'Disabled'
  | 'Updating'
  | 'Deleting';

/**
 * One event source mapping, through its states.
 *
 *     Creating --> Enabled | Disabled
 *     update   --> Updating | Enabling | Disabling --> Enabled | Disabled
 *     delete   --> Deleting --> gone
 *     of an earlier process: Enabling | Disabling --> Enabled | Disabled
 */
export class Mapping {
  readonly uuid: string;
  readonly arn: string;
  #init: MappingInit;
  readonly #positions: Positions;
  #settings: MappingSettings;
  #state: MappingState = 'Creating';
  #lastModified: number;
  #lastResult: string;
  readonly #passing: Alarm;
  #run: MappingRun | undefined;
  #change: Promise<void>;
  #closed = false;

  constructor(init: MappingInit) {
    this.uuid = init.uuid;
    this.arn = init.arn;
    this.#init = init;
    this.#settings = init.settings;
    const { kept } = init;
    this.#positions = new Positions(startOf(init.settings), kept?.positions);
    this.#lastModified = kept?.lastModified ?? init.doors.clock.now();
    this.#lastResult = kept?.lastProcessingResult ?? 'No records processed';
    if (kept !== undefined) this.#state = init.settings.Enabled ? 'Enabling' : 'Disabling';
    this.#passing = new Alarm(init.doors.clock);
    this.#change = this.#pass(this.#target);
  }

  get settings(): MappingSettings {
    return this.#settings;
  }

  get state(): MappingState {
    return this.#state;
  }

  /** Whether it is passing from one state to another, and takes no change. */
  get busy(): boolean {
    return this.#state !== 'Enabled' && this.#state !== 'Disabled';
  }

  /** `No records processed`, `OK`, or `PROBLEM: …`. */
  get lastProcessingResult(): string {
    return this.#lastResult;
  }

  /** Milliseconds since the epoch. */
  get lastModified(): number {
    return this.#lastModified;
  }

  /** Up to where every record of the shard is handled or given up; undefined before it has looked at the shard. */
  placeOf(shardId: string): Position | 'done' | undefined {
    return this.#run?.placeOf(shardId) ?? this.#positions.get(shardId);
  }

  /** All that a later process needs to go on with it. */
  capture(): Omit<KeptMapping, 'choices'> {
    return {
      uuid: this.uuid,
      settings: this.#settings,
      lastModified: this.#lastModified,
      lastProcessingResult: this.#lastResult,
      positions: this.#positions.capture(this.#run),
    };
  }

  /** As {@link update}, by the program that goes on with it: its choices and its listener take the place of the old. */
  takeOver({ settings, choices, tell }: Pick<MappingInit, 'settings' | 'choices' | 'tell'>): Promise<void> {
    this.#init = { ...this.#init, choices, tell };
    return this.update(settings);
  }

  /** Tells of something that went wrong and that is no record's fault. */
  trouble(message: string): void {
    this.#hear({ type: 'trouble', message });
  }

  /** Takes new settings; records go on where they are. Resolves when it is Enabled or Disabled again. */
  update(settings: MappingSettings): Promise<void> {
    const before = this.#settings.Enabled;
    this.#settings = settings;
    this.#lastModified = this.#init.doors.clock.now();
    this.#enter(before === settings.Enabled ? 'Updating' : settings.Enabled ? 'Enabling' : 'Disabling');
    this.#change = this.#pass(this.#target);
    return this.#change;
  }

  /** Ends it. Resolves when it is gone. */
  delete(): Promise<void> {
    this.#enter('Deleting');
    this.#change = this.#pass(undefined);
    return this.#change;
  }

  /** Resolves when it is in no passing state. */
  settled(): Promise<void> {
    return this.#change;
  }

  /** Begins nothing more; resolves when invocations under way are over. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#passing.ring();
    await this.#run?.stop();
    await this.#change;
    await this.#stop();
  }

  get #target(): MappingState {
    return this.#settings.Enabled ? 'Enabled' : 'Disabled';
  }

  /** Through a passing state into `next`; out of existence for undefined. */
  async #pass(next: MappingState | undefined): Promise<void> {
    const { clock } = this.#init.doors;
    const over = clock.now() + this.#init.choices.transitionMs;
    await this.#stop();
    await this.#passing.wait(over);
    if (next === undefined || this.#closed) return;
    if (next === 'Enabled') {
      this.#run = this.#start();
      // What comes once it is Enabled is read, also from LATEST.
      await Promise.race([this.#run.opened(), this.#passing.wait()]);
    }
    if (this.#closed) return;
    this.#init.opened();
    this.#enter(next);
  }

  #enter(state: MappingState): void {
    this.#state = state;
    this.#tell({ type: 'state', state });
  }

  /** A listener that throws stops no mapping; its fault is told where the mapping's own are. */
  #tell(event: MappingEvent): void {
    try {
      this.#init.tell(event);
    } catch (error) {
      this.#lastResult = `PROBLEM: onEvent threw ${String(error)}`;
    }
    this.#init.moved();
  }

  #start(): MappingRun {
    const { doors, choices } = this.#init;
    const settings = this.#settings;
    const patterns = settings.FilterCriteria?.Filters.map(({ Pattern: pattern }) => pattern) ?? [];
    for (const message of compileFilter(patterns).warnings) this.#tell({ type: 'warning', message });
    const source = doors.source(settings.EventSourceArn);
    return new MappingRun({
      clock: doors.clock,
      shardMs: choices.shardMs,
      positions: this.#positions,
      listShards: () => source.listShards(),
      tell: this.#hear,
      runShard: (shardId, position, windows) =>
        createShardRun({ ...this.#init, settings, source, shardId, position, windows, tell: this.#hear }),
    });
  }

  async #stop(): Promise<void> {
    const run = this.#run;
    this.#run = undefined;
    await run?.stop();
  }

  readonly #hear = (event: MappingEvent): void => {
    if (event.type === 'result') {
      this.#lastResult = event.verdict.type === 'done' ? 'OK' : 'PROBLEM: Function call failed';
    } else if (event.type === 'trouble') this.#lastResult = `PROBLEM: ${event.message}`;
    this.#tell(event);
  };
}

function startOf({
  StartingPosition: position,
  StartingPositionTimestamp: seconds,
}: MappingSettings): Position {
  if (position === 'TRIM_HORIZON') return { type: 'oldest' };
  if (position === 'AT_TIMESTAMP' && seconds !== undefined) return { type: 'time', at: seconds * 1000 };
  return { type: 'now' };
}
