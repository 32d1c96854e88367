import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { MillraceError, type Connection } from '@millrace/kinesis';

import type { Services } from './services.ts';
import type { Target } from './target.ts';
import type { StreamAdmin } from './stream-admin.ts';

/** A Kinesis as the commands use it: records through the ports, streams through the admin, the rest through services. */
export interface Kinesis {
  readonly connection: Pick<Connection, 'writer' | 'reader'>;
  readonly admin: StreamAdmin;
  readonly services: Services;
  close(): Promise<void>;
}

/** Opens a target through the AWS SDK, which is loaded here and nowhere else. */
export async function openKinesis(target: Target): Promise<Kinesis> {
  const [
    { connect },
    { createStreamAdmin },
    { createServices },
    { createNeighbourClients, neighbourSettings },
  ] = await Promise.all([
    import('@millrace/kinesis/aws'),
    import('./stream-admin.ts'),
    import('./services.ts'),
    import('./clients.ts'),
  ]);
  const control = await createClient(target);
  await checkRegion(control);
  const neighbours = createNeighbourClients(neighbourSettings(target));
  const { loopback: _, ...client } = target;
  const connection = connect(client);
  return {
    connection,
    admin: createStreamAdmin(control),
    services: createServices(control, neighbours),
    async close() {
      await connection.close();
      control.destroy();
      neighbours.destroy();
    },
  };
}

/** Asked here, since every operation would fail with the same riddle. */
async function checkRegion(client: KinesisClient): Promise<void> {
  try {
    await client.config.region();
  } catch (cause) {
    client.destroy();
    throw new MillraceError('OPTION_INVALID', 'No AWS region is configured.', {
      advice: 'Pass --region, set AWS_REGION, or pass --local for a millrace server on this machine.',
      path: '--region',
      cause,
    });
  }
}

/** For single calls, where the SDK's own retries are right; the producer and the sources have their own. */
async function createClient(target: Target): Promise<KinesisClient> {
  const [{ KinesisClient }, { NodeHttp2Handler }] = await Promise.all([
    import('@aws-sdk/client-kinesis'),
    import('@smithy/node-http-handler'),
  ]);
  const { loopback: _, ...config } = target;
  const client = new KinesisClient({
    ...config,
    maxAttempts: 3,
    // One shared session: by default the SDK opens one for every call.
    requestHandler: new NodeHttp2Handler({
      disableConcurrentStreams: false,
      maxConcurrentStreams: 64,
      requestTimeout: 30_000,
    }),
  });
  // It copies every request for a log that nobody reads.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}
