import { optionError } from '@millrace/kinesis/runtime';

import type { CommandContext } from '../command-context.ts';

/** Reads a second that a shard of a real stream serves to all its readers together. */
const readsOfShard = 5;

/**
 * Time between two reads of a shard, milliseconds. Kind to others on AWS, where all readers of a shard share five
 * reads a second; quick on this machine. Throws `OPTION_INVALID`.
 */
export function readPace({ options, target }: CommandContext): number {
  const poll = options.takes('poll') ? options.numberOrNone('poll') : undefined;
  const budget = options.numberOrNone('read-budget');
  if (poll !== undefined && budget !== undefined) {
    throw optionError('--read-budget', budget, 'either --read-budget or --poll');
  }
  if (poll !== undefined && poll < 1000 / readsOfShard && !target.loopback) {
    throw optionError(
      '--poll',
      `${poll}ms`,
      'at least 200ms: a shard of a real stream serves 5 reads a second to all its readers',
    );
  }
  if (budget !== undefined) return 1000 / budget;
  return poll ?? (target.loopback ? 100 : 1000);
}

/** Says once what reading a real stream takes from others; a stream on this machine has none. */
export function tellPace(
  { notes, target }: Pick<CommandContext, 'notes' | 'target'>,
  stream: string,
  shards: number,
  pollMs: number,
): void {
  if (target.loopback) return;
  const count = shards === 1 ? '1 shard' : `${shards} shards`;
  const pace = pollMs === 1000 ? 'one read a second' : `a read every ${Math.round(pollMs)} ms`;
  notes.info(`reading ${count} of ${stream}, at most ${pace} from each`);
}
