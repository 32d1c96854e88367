import type { ServiceError } from './service-error.ts';

export type ConsumerStatus = 'CREATING' | 'ACTIVE' | 'DELETING';

export interface ConsumerInit {
  readonly name: string;
  /** Of its stream. */
  readonly streamArn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** What a consumer must know of a subscription of it. */
export interface ShardSubscription {
  /** Monotonic milliseconds. */
  readonly startedAt: number;
  readonly ended: boolean;
  /** Ends it for good, with what the reader is told as the reason. */
  end(error?: ServiceError): void;
}

/** A registered reader of a stream with read rates of its own, and what it reads at the moment. */
export class Consumer {
  readonly name: string;
  readonly arn: string;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
  status: ConsumerStatus = 'CREATING';
  /** The latest subscription of each shard, by the shard's index; it may have ended. */
  readonly subscriptions: Map<number, ShardSubscription> = new Map();

  constructor(init: ConsumerInit) {
    this.name = init.name;
    this.createdAt = init.createdAt;
    this.arn = `${init.streamArn}/consumer/${init.name}:${Math.floor(init.createdAt / 1000)}`;
    this.tags = new Map(Object.entries(init.tags));
  }
}
