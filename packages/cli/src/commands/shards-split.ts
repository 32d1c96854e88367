import { MillraceError } from '@millrace/kinesis';
import { isHashKey } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import { isOpen, type Shard } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import type { ExitCode } from '../errors/exit-code.ts';
import { carryOut } from '../shards/change.ts';
import { findShard } from '../shards/shard-id.ts';
import { listShards } from '../shards/list-shards.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace shards split`. */
export async function shardsSplit(context: CommandContext): Promise<ExitCode> {
  const { options, signal } = context;
  const [stream = '', named = ''] = context.args;
  const wanted = options.textOrNone('at');
  if (wanted !== undefined && !isHashKey(wanted)) {
    throw optionError('--at', wanted, 'a decimal hash key from 0 to 2^128 − 1');
  }
  return withKinesis(context, async (kinesis) => {
    const shard = findShard(stream, await listShards(kinesis, stream, context), named);
    requireOpen(stream, shard);
    const { start, end } = shard.hashRange;
    const at = wanted === undefined ? (start + end + 1n) / 2n : BigInt(wanted);
    if (at <= start + 1n || at >= end) {
      throw optionError(
        '--at',
        String(at),
        `a hash key inside the shard: more than ${start + 1n} and less than ${end}`,
      );
    }
    const opens = [
      { start, end: at - 1n },
      { start: at, end },
    ];
    const apply = (): Promise<void> => kinesis.admin.split(stream, shard.shardId, at, { signal });
    return carryOut(kinesis, { kind: 'split', stream, closes: [shard], opens, apply }, context);
  });
}

/** Only a shard that still takes records can be split or merged. */
export function requireOpen(stream: string, shard: Shard): void {
  if (isOpen(shard)) return;
  throw new MillraceError('OPTION_INVALID', `Shard ${shard.shardId} of ${stream} is closed.`, {
    advice: `Name an open one; see them with: millrace shards ls ${stream} --open`,
    stream,
    shardId: shard.shardId,
  });
}
