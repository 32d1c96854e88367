import type { Mapping, MappingState } from './mapping.ts';
import type { MappingSettings } from './settings.ts';

/** A mapping as Lambda answers it: these members, and no others. */
export type MappingDescription = Omit<MappingSettings, 'Enabled'> & {
  readonly EventSourceMappingArn: string;
  /** Seconds since the epoch. */
  readonly LastModified: number;
  readonly LastProcessingResult: string;
  readonly State: MappingState;
  readonly StateTransitionReason: 'User action';
  readonly UUID: string;
};

/** How GetEventSourceMapping and its like answer. */
export function describeMapping(mapping: Mapping): MappingDescription {
  const { Enabled: _, ...settings } = mapping.settings;
  return {
    ...settings,
    EventSourceMappingArn: mapping.arn,
    LastModified: mapping.lastModified / 1000,
    LastProcessingResult: mapping.lastProcessingResult,
    State: mapping.state,
    StateTransitionReason: 'User action',
    UUID: mapping.uuid,
  };
}

/** In a list, filters encrypted under a key of the user's own are not shown. */
export function listMapping(mapping: Mapping): object {
  const description = describeMapping(mapping);
  return description.KMSKeyArn === undefined ? description : { ...description, FilterCriteria: null };
}
