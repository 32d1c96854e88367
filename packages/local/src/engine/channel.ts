import type { ChannelLogging, ChannelSettings, ChannelStatus } from './channel-settings.ts';
import { keyTemplate } from './object-key.ts';
import type { Stream } from './stream.ts';

export interface ChannelInit extends ChannelSettings {
  readonly stream: Stream;
}

/** Hands the records of one stream on to a bucket. Knows its settings and how far it got, not how it delivers. */
export class Channel {
  readonly init: ChannelInit;
  readonly tags: Map<string, string>;
  readonly keyTemplate: string;
  status: ChannelStatus = 'CREATING';
  /** Why it FAILED. */
  statusReason: string | undefined;
  /** Oldest age of undelivered records, seconds. */
  freshnessSeconds: number;
  logging: ChannelLogging;
  /** Index of the next record to deliver, by the index of its shard; a shard not here is delivered from its start. */
  readonly positions: Map<number, number> = new Map();
  /** Objects written. */
  objects = 0;

  constructor(init: ChannelInit) {
    this.init = init;
    this.tags = new Map(Object.entries(init.tags));
    this.keyTemplate = init.keyTemplate ?? keyTemplate;
    this.freshnessSeconds = init.freshnessSeconds;
    this.logging = init.logging;
  }

  get name(): string {
    return this.init.name;
  }

  get arn(): string {
    return this.init.arn;
  }

  get stream(): Stream {
    return this.init.stream;
  }

  /** Whether records are on their way through it. */
  get delivers(): boolean {
    return this.status === 'ACTIVE' || this.status === 'UPDATING';
  }
}
