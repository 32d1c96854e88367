import type { Stream } from './stream.ts';
import type { Subscription } from './subscription.ts';

export type ConsumerStatus = 'CREATING' | 'ACTIVE' | 'DELETING';

export interface ConsumerInit {
  readonly name: string;
  readonly stream: Stream;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** A registered reader of a stream with read rates of its own, and what it reads at the moment. */
export class Consumer {
  readonly name: string;
  readonly arn: string;
  readonly stream: Stream;
  readonly createdAt: number;
  readonly tags: Map<string, string>;
  status: ConsumerStatus = 'CREATING';
  /** The latest subscription of each shard, by the shard's index; it may have ended. */
  readonly subscriptions: Map<number, Subscription> = new Map();

  constructor(init: ConsumerInit) {
    this.name = init.name;
    this.stream = init.stream;
    this.createdAt = init.createdAt;
    this.arn = `${init.stream.arn}/consumer/${init.name}:${Math.floor(init.createdAt / 1000)}`;
    this.tags = new Map(Object.entries(init.tags));
  }
}
