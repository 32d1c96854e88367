import type { Clock } from '@millrace/kinesis/runtime';

import type { ResolvedChoices } from './choices.ts';
import type { DestinationSink } from './destination.ts';
import type { Invoker } from './invoker.ts';
import type { KeptMapping } from './kept-mapping.ts';
import type { MappingListener } from './mapping-event.ts';
import type { MappingSettings } from './settings.ts';
import type { MappingSource } from './source.ts';

/** What a mapping works with; the function and the source may change with its settings. */
export interface MappingDoors {
  readonly clock: Clock;
  readonly region: string;
  readonly source: (eventSourceArn: string) => MappingSource;
  /** Undefined when the function is gone. */
  readonly invoker: (functionArn: string) => Invoker | undefined;
  readonly sink: DestinationSink;
}

export interface MappingInit {
  readonly uuid: string;
  readonly arn: string;
  readonly settings: MappingSettings;
  readonly choices: ResolvedChoices;
  readonly doors: MappingDoors;
  readonly tell: MappingListener;
  /** Called when it may have come further in a shard. */
  readonly moved: () => void;
  /** Called when its place in each shard is fixed, before it says that it is Enabled. */
  readonly opened: () => void;
  /** Given for one of an earlier process, to go on with. */
  readonly kept?: KeptMapping | undefined;
}
