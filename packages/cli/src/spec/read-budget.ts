import type { IntegerOption } from './option.ts';

/** What a command that reads a stream may take of each shard. */
export const readBudget: IntegerOption = {
  kind: 'integer',
  name: 'read-budget',
  value: 'reads',
  min: 1,
  max: 5,
  about:
    'reads a second it takes from each shard, of the 5 that all readers share; default 1, and 10 on this machine',
};
