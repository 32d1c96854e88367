import { checkPartitionKey, hashKeyOf } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import { contains, isOpen } from '@millrace/kinesis/shard';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { writeList } from '../io/document.ts';
import { listShards } from '../shards/list-shards.ts';
import { percent, shareOf } from '../shards/shard-document.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace shards map-key`. */
export function shardsMapKey(context: CommandContext): Promise<ExitCode> {
  const [stream = '', ...keys] = context.args;
  for (const key of keys) checkKey(key);
  return withKinesis(context, async (kinesis) => {
    const open = (await listShards(kinesis, stream, context)).filter(isOpen);
    const mapped = keys.map((key) => {
      const hashKey = hashKeyOf(key);
      const shard = open.find(({ hashRange }) => contains(hashRange, hashKey));
      return {
        key,
        hashKey: String(hashKey),
        shardId: shard?.shardId ?? '',
        share: shard === undefined ? 0 : shareOf(shard.hashRange),
      };
    });
    await writeList(context, mapped, [
      { title: 'KEY', cell: ({ key }) => key },
      { title: 'SHARD', cell: ({ shardId }) => shardId },
      { title: 'SHARE', cell: ({ share }) => percent(share), align: 'right' },
      { title: 'HASH KEY', cell: ({ hashKey }) => hashKey, align: 'right' },
    ]);
    return exitCode.ok;
  });
}

function checkKey(key: string): void {
  try {
    checkPartitionKey(key);
  } catch {
    throw optionError('key', key, 'partition keys of 1 to 256 characters');
  }
}
