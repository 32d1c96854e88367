import type { Position } from '@millrace/kinesis/record';

import type { MappingChoices } from './choices.ts';
import type { MappingSettings } from './settings.ts';
import type { LaneWindows } from './shard-run.ts';

/** A mapping as plain JSON, for a later process to go on with. */
export interface KeptMapping {
  readonly uuid: string;
  readonly settings: MappingSettings;
  readonly choices: MappingChoices;
  /** Milliseconds since the epoch. */
  readonly lastModified: number;
  readonly lastProcessingResult: string;
  readonly positions: KeptPositions;
}

/** How far a mapping is: behind the last record of each shard before which none is unfinished. */
export interface KeptPositions {
  /** Whether it has looked at the shards there are. */
  readonly listed: boolean;
  readonly places: Readonly<Record<string, Position | 'done'>>;
  /** Of shards with a tumbling window under way. */
  readonly windows?: Readonly<Record<string, LaneWindows>>;
}

/** Keeps mappings from one process to the next. */
export interface MappingKeeper {
  /** Those of the process before. */
  load(): readonly KeptMapping[];
  /** Returns when they are safe; throws when they cannot be kept. */
  save(mappings: readonly KeptMapping[]): void;
}
