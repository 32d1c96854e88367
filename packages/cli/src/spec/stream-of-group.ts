import type { TextOption } from './option.ts';

/** For a lease table that does not name its stream and fits several. */
export const streamOfGroup: TextOption = {
  kind: 'text',
  name: 'stream',
  value: 'name',
  about: 'the stream the group reads; needed only where its leases fit several',
};
