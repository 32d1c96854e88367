import { isMillraceError } from '@millrace/kinesis';
import { sleep } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';

import type { Kinesis } from '../aws/kinesis.ts';
import type { CommandContext } from '../command-context.ts';

/** Every shard of a stream, sorted; a throttled call is tried three times. Throws what else goes wrong at once. */
export async function listShards(
  kinesis: Pick<Kinesis, 'connection'>,
  stream: string,
  { clock, signal }: Pick<CommandContext, 'clock' | 'signal'>,
): Promise<readonly Shard[]> {
  for (let tries = 1; ; tries++) {
    try {
      const shards = await kinesis.connection.reader.listShards(stream, { signal });
      return shards.toSorted((a, b) => (a.shardId < b.shardId ? -1 : 1));
    } catch (error) {
      if (tries >= 3 || !isMillraceError(error, 'THROTTLED')) throw error;
      await sleep(clock, 300 * tries, signal);
    }
  }
}
