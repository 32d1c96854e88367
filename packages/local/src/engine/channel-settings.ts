export type ChannelStatus = 'CREATING' | 'ACTIVE' | 'UPDATING' | 'DELETING' | 'FAILED';
export type RecordFormat = 'JSON' | 'STRING' | 'BYTE_ARRAY';
export type ObjectCompression = 'NONE' | 'GZIP' | 'ZSTD';

/** Where what cannot be delivered is noted. */
export interface DeadLetterPlace {
  readonly bucket: string;
  readonly owner: string;
  readonly prefix: string;
}

/** What a channel is made with, but for its stream: plain data, so that it can be stored as it is. */
export interface ChannelSettings {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly roleArn: string;
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
