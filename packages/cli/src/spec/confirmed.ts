import type { FlagOption } from './option.ts';

/** Instead of the question that {@link confirm} asks. */
export const yes: FlagOption = {
  kind: 'flag',
  name: 'yes',
  short: 'y',
  about: 'do not ask for the name again',
};

export const dryRun: FlagOption = {
  kind: 'flag',
  name: 'dry-run',
  about: 'show what would happen, and do nothing',
};
