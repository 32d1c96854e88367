import type { Connection } from '@millrace/kinesis';
import { MillraceError } from '@millrace/kinesis/errors';
import type { ShardReader } from '@millrace/kinesis/source';

import { FanOutFeed } from './fan-out-feed.ts';
import { PollingFeed } from './polling-feed.ts';
import { toShardRecord } from './record.ts';
import type { MappingSource } from './source.ts';

export interface ConnectionSourceOptions {
  readonly connection: Pick<Connection, 'reader' | 'fanOut'>;
  /** The stream's ARN, or a consumer's: then it is read with enhanced fan-out. */
  readonly eventSourceArn: string;
  readonly now: () => number;
}

/** A stream behind a connection: AWS, or a server. */
export function createConnectionSource(options: ConnectionSourceOptions): MappingSource {
  const { connection, eventSourceArn, now } = options;
  const stream = streamOfArn(eventSourceArn);
  const { reader, fanOut } = connection;
  const wide = isConsumerArn(eventSourceArn);
  if (wide && fanOut === undefined) {
    throw new MillraceError('OPTION_INVALID', 'The connection has no enhanced fan-out.', {
      advice: 'Read the stream itself, or give a connection with fanOut.',
      path: 'EventSourceArn',
      got: eventSourceArn,
    });
  }
  return {
    listShards: () => reader.listShards(stream),
    retentionMs: Number.POSITIVE_INFINITY,
    open: (shardId, position) =>
      wide && fanOut !== undefined
        ? new FanOutFeed({ fanOut, consumerArn: eventSourceArn, shardId, position, now })
        : new PollingFeed(pollOf(reader, stream, shardId), position, now),
  };
}

/** The name in the ARN of a stream, or of one of its consumers. */
export function streamOfArn(arn: string): string {
  return arn.split('/')[1] ?? '';
}

/** `arn:…:stream/NAME/consumer/NAME:TIME`. */
export function isConsumerArn(arn: string): boolean {
  return /:stream\/[^/]+\/consumer\/[^/]+$/.test(arn);
}

function pollOf(
  reader: ShardReader,
  stream: string,
  shardId: string,
): ConstructorParameters<typeof PollingFeed>[0] {
  return {
    openIterator: (position) => reader.openIterator(stream, shardId, position),
    async read(iterator, limit) {
      const { records, nextIterator, millisBehindLatest } = await reader.read(iterator, { stream, limit });
      return {
        records: records.map(toShardRecord),
        behind: millisBehindLatest > 0 || records.length >= limit,
        ended: nextIterator === undefined,
        nextIterator,
      };
    },
  };
}
