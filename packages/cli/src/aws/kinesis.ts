import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { Connection } from '@millrace/kinesis';

import type { Target } from './target.ts';
import type { StreamAdmin } from './stream-admin.ts';

/** A Kinesis as the commands use it: records through the ports, streams through the admin. */
export interface Kinesis {
  readonly connection: Pick<Connection, 'writer' | 'reader'>;
  readonly admin: StreamAdmin;
  close(): Promise<void>;
}

/** Opens a target through the AWS SDK, which is loaded here and nowhere else. */
export async function openKinesis(target: Target): Promise<Kinesis> {
  const [{ connect }, { createStreamAdmin }] = await Promise.all([
    import('@millrace/kinesis/aws'),
    import('./stream-admin.ts'),
  ]);
  // The producer and the sources retry by themselves; for single calls the SDK's own retries are right.
  const [data, control] = await Promise.all([createClient(target, 1), createClient(target, 3)]);
  const connection = connect({ kinesis: data });
  return {
    connection,
    admin: createStreamAdmin(control),
    async close() {
      await connection.close();
      data.destroy();
      control.destroy();
    },
  };
}

async function createClient(target: Target, maxAttempts: number): Promise<KinesisClient> {
  const [{ KinesisClient }, { NodeHttp2Handler }] = await Promise.all([
    import('@aws-sdk/client-kinesis'),
    import('@smithy/node-http-handler'),
  ]);
  const { loopback: _, ...config } = target;
  return new KinesisClient({
    ...config,
    maxAttempts,
    // One shared session: by default the SDK opens one for every call.
    requestHandler: new NodeHttp2Handler({
      disableConcurrentStreams: false,
      maxConcurrentStreams: 64,
      requestTimeout: 30_000,
    }),
  });
}
