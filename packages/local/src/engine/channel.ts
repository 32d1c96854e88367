import { keyTemplate } from './object-key.ts';
import type { Stream } from './stream.ts';

export type ChannelStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'FAILED';
export type RecordFormat = 'JSON' | 'STRING' | 'BYTE_ARRAY';
export type ObjectCompression = 'NONE' | 'GZIP' | 'ZSTD';

/** Where what cannot be delivered is noted. */
export interface DeadLetterPlace {
  readonly bucket: string;
  readonly owner: string;
  readonly prefix: string;
}

export interface ChannelInit {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly roleArn: string;
  readonly stream: Stream;
  readonly format: RecordFormat;
  readonly bucket: string;
  readonly owner: string;
  readonly keyTemplate: string | undefined;
  readonly storageClass: string;
  readonly compression: ObjectCompression;
  readonly deadLetters: DeadLetterPlace;
  readonly keyId: string | undefined;
  readonly freshnessSeconds: number;
  readonly logging: ChannelLogging;
  readonly tags: Readonly<Record<string, string>>;
}

export interface ChannelLogging {
  readonly enabled: boolean;
  readonly group: string | undefined;
  readonly stream: string | undefined;
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
