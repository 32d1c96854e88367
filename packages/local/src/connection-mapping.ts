import type { Connection } from '@millrace/kinesis';
import { systemClock, type Clock } from '@millrace/kinesis/runtime';

import type { LambdaHandler } from './functions/function.ts';
import type { HandlerFile } from './functions/handler-file.ts';
import type { LocalMapping, MappingOptions } from './local-lambda.ts';

export interface ConnectionMappingOptions extends MappingOptions {
  /** Default: the machine's own. */
  readonly clock?: Clock;
  /** What events name as their region. Default `us-east-1`. */
  readonly region?: string;
  /** Folder for what the mapping gives up: `sqs/QUEUE/…`, `sns/TOPIC/…`, `s3/BUCKET/KEY`. Default: in memory only. */
  readonly destinationFolder?: string;
}

/**
 * Runs a handler on this machine behind an event source mapping of a stream somewhere else: on AWS, or on a server.
 * Otherwise as `LocalKinesis.mapping`. Throws `STREAM_NOT_FOUND`, `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * await using mapping = await createConnectionMapping(connect(), 'orders', { file: 'handler.ts' }, { BatchSize: 10 });
 * ```
 */
export async function createConnectionMapping(
  connection: Pick<Connection, 'reader' | 'fanOut'>,
  stream: string,
  handler: LambdaHandler | HandlerFile,
  options: ConnectionMappingOptions = {},
): Promise<LocalMapping> {
  const { clock = systemClock, region = 'us-east-1', destinationFolder, ...settings } = options;
  // So that a name mistyped is an error now, and not trouble for ever.
  await connection.reader.listShards(stream);
  // Loaded by who has a mapping: most who import this package have none.
  const [{ LocalLambda }, { createConnectionSource, streamOfArn }, { invalidParameter }] = await Promise.all([
    import('./local-lambda.ts'),
    import('./event-source/connection-source.ts'),
    import('./event-source/lambda-error.ts'),
  ]);
  const lambda = new LocalLambda({
    clock,
    region,
    accountId: '000000000000',
    destinationFolder,
    source: (eventSourceArn) =>
      createConnectionSource({ connection, eventSourceArn, now: () => clock.now() }),
    checkEventSource: (arn) => {
      if (streamOfArn(arn) !== stream) throw invalidParameter(`Stream not found: ${arn}`);
    },
  });
  return lambda.map(stream, handler, settings);
}
