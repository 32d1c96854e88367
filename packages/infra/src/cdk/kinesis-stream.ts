import type { Duration } from 'aws-cdk-lib';
import { Stream, type IStream } from 'aws-cdk-lib/aws-kinesis';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

import { streamResource, type StreamOptions, type StreamReference } from '../stack/stream.ts';
import { makeResources, toToken } from './l1.ts';

/** A stream; everything has a default that loses nothing. */
export interface KinesisStreamProps extends Omit<
  StreamOptions,
  'name' | 'shards' | 'retentionHours' | 'kmsKey' | 'tags'
> {
  /** Default: CloudFormation makes one, so that the stack can be deployed twice. */
  readonly streamName?: string;
  /** Open shards, 1 to 20,000: provisioned capacity. Without it the stream is on-demand. */
  readonly shards?: number;
  /** How long records are kept, 1 to 365 days. Default 7 days. */
  readonly retention?: Duration;
  /** Default: the key of AWS, which costs nothing and needs no permission. */
  readonly encryptionKey?: IKey;
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * A Kinesis stream: encrypted, kept for a week, and outliving its stack.
 *
 * Throws `OPTION_INVALID` for what cannot be, and for what loses records unless it is spelled out under `unsafe`.
 *
 * @example
 * ```ts
 * const orders = new KinesisStream(this, 'Orders', { shards: 2 });
 * orders.stream.grantWrite(service);
 * ```
 */
export class KinesisStream extends Construct {
  /** For everything of the CDK that takes a stream. */
  readonly stream: IStream;
  /** How the other constructs refer to it. */
  readonly reference: StreamReference;
  /** Whether it publishes metrics by shard. */
  readonly hasShardMetrics: boolean;

  constructor(scope: Construct, id: string, props: KinesisStreamProps = {}) {
    super(scope, id);
    const { streamName, retention, encryptionKey, ...options } = props;
    const { resource, stream } = streamResource({
      ...options,
      ...(streamName !== undefined && { name: streamName }),
      ...(retention !== undefined && { retentionHours: retention.toHours() }),
      ...(encryptionKey !== undefined && { kmsKey: encryptionKey.keyArn }),
    });
    const made = makeResources(this, [resource]);
    const token = (value: StreamReference['name']): string => String(toToken(value, this, made));
    this.reference = { ...stream, name: token(stream.name), arn: token(stream.arn) };
    this.hasShardMetrics = props.shardMetrics !== undefined;
    this.stream = Stream.fromStreamAttributes(this, 'Reference', {
      streamArn: token(stream.arn),
      ...(encryptionKey !== undefined && { encryptionKey }),
    });
  }
}
