import type { Position } from '../record/position.ts';
import type { StoredRecord } from '../record/record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';
import type { ChildShard } from '../shard/shard.ts';

/** A registered consumer of a stream, which the service delivers to at 2 MiB/s a shard whoever else reads. */
export interface StreamConsumer {
  readonly name: string;
  readonly arn: string;
  /** Only an ACTIVE one can subscribe. */
  readonly status: 'CREATING' | 'ACTIVE' | 'DELETING';
}

/** What one event of a subscription brought. */
export interface FanOutEvent {
  /** Empty every five seconds or so when there is nothing to tell. */
  readonly records: readonly StoredRecord[];
  readonly millisBehindLatest: number;
  /** Where a later subscription goes on after; undefined at the end of a closed shard. */
  readonly continuation?: SequenceNumber;
  /** Set with the last event of a closed shard. */
  readonly childShards?: readonly ChildShard[];
}

interface CallOptions {
  readonly signal?: AbortSignal;
}

/**
 * The port enhanced fan-out goes through: RegisterStreamConsumer, DescribeStreamConsumer, DeregisterStreamConsumer,
 * SubscribeToShard.
 *
 * Every method throws a `MillraceError`, as those of {@link ShardReader} do; `details.service` carries the service's own name of
 * the error, `ResourceInUseException` above all.
 *
 * @see {@link https://docs.aws.amazon.com/streams/latest/dev/enhanced-consumers.html}
 */
export interface FanOut {
  /** Undefined when the stream has no consumer of that name. */
  describeConsumer(
    streamArn: string,
    name: string,
    options?: CallOptions,
  ): Promise<StreamConsumer | undefined>;
  /** CREATING at first. Fails with `ResourceInUseException` when it is there already. */
  registerConsumer(streamArn: string, name: string, options?: CallOptions): Promise<StreamConsumer>;
  deregisterConsumer(consumerArn: string, options?: CallOptions): Promise<void>;
  /**
   * Subscribes a consumer to a shard for at most five minutes; resolves once the service has accepted. It ends the
   * subscription the consumer had to that shard before, and is refused with `ResourceInUseException` within five seconds
   * of the last success. Events are pulled: who does not ask for the next holds the service back. Leaving the iteration,
   * or the signal, ends the subscription.
   */
  subscribe(
    consumerArn: string,
    shardId: string,
    position: Position,
    options?: CallOptions,
  ): Promise<AsyncIterable<FanOutEvent>>;
}
