import type { IntegerOption } from './option.ts';

/** Ends a command that handles records one after the other. */
export const recordCount: IntegerOption = {
  kind: 'integer',
  name: 'num',
  short: 'n',
  value: 'count',
  min: 1,
  max: Number.MAX_SAFE_INTEGER,
  about: 'stop after so many records',
};
