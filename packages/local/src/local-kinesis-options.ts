import type { Clock, Duration } from '@millrace/kinesis/runtime';

import type { Faults } from './api/fault.ts';
import type { FaultRule } from './api/fault-rule.ts';
import type { PolicyDocument } from './api/policy/policy-document.ts';
import type { KmsKeyState } from './engine/kms.ts';
import type { LambdaHandler } from './functions/function.ts';
import type { HandlerFile } from './functions/handler-file.ts';
import type { Durability } from './storage/file-heap.ts';
import type { SigningKeys } from './wire/signature.ts';

/** A stream to begin with. */
export interface StreamOptions {
  /** Open shards, 1 to 10,000. Default 1. */
  readonly shards?: number;
  /** Hours records are kept, 24 to 8,760. Default 24. */
  readonly retentionHours?: number;
  /** Largest record in KiB, 1,024 to 10,240. Default 1,024. */
  readonly maxRecordKiB?: number;
}

export interface LocalKinesisOptions {
  /** Streams to begin with, by name; ACTIVE at once. */
  readonly streams?: Readonly<Record<string, StreamOptions>>;
  /** Default: the machine's own. On a manual clock every run is the same; DynamoDB alone keeps its own time. */
  readonly clock?: Clock;
  /** Default `us-east-1`. */
  readonly region?: string;
  /** Twelve digits. Default `000000000000`. */
  readonly accountId?: string;
  /** How long a new stream is CREATING. Default 0: ACTIVE before the call returns. */
  readonly createStreamTime?: Duration;
  /** How long a deleted stream is DELETING. Default 0. */
  readonly deleteStreamTime?: Duration;
  /** How long a stream is UPDATING after a split, merge or new shard count. Default 0. */
  readonly updateStreamTime?: Duration;
  /** How long a new stream consumer is CREATING. Default 0. */
  readonly registerConsumerTime?: Duration;
  /** How long a deregistered stream consumer is DELETING. Default 0. */
  readonly deregisterConsumerTime?: Duration;
  /** Open shards the account may have. Default 20,000. */
  readonly shardLimit?: number;
  /**
   * A folder to keep everything in, so that a later one goes on where this one ended; made when it is not there. It
   * serves one at a time. Default: in memory only.
   */
  readonly path?: string;
  /**
   * What an acknowledged record survives: with `process` (default) the end of the process at any moment, with `fsync`
   * a loss of power too. Only with `path`.
   */
  readonly durability?: Durability;
  /** Whether to go on with what can be read of a damaged `path`, instead of throwing `DATA_DAMAGED`. Default false. */
  readonly repair?: boolean;
  /**
   * Whether shards refuse what is over 1 MiB or 1,000 records a second written, 2 MiB or 5 calls read, and the account
   * what is over its call rates and over the changes a stream may see in a day; and a mapping more than five filters,
   * which are otherwise warned of, up to ten. Default false.
   */
  readonly enforceLimits?: boolean;
  /**
   * KMS keys that do not work, by id, ARN or alias as requests name them; every other key does. More can be marked
   * while it runs: `kinesis.engine.kms.mark(…)`.
   */
  readonly kmsKeys?: Readonly<Record<string, KmsKeyState>>;
  /** Folder that stands in for S3: channels write their objects to `FOLDER/BUCKET/KEY`. Without it there are no channels. */
  readonly channelFolder?: string;
  /** Functions of the local Lambda, by name: handlers of this process, or files that run in processes of their own. */
  readonly functions?: Readonly<Record<string, LambdaHandler | HandlerFile>>;
  /** Folder for what mappings give up: `sqs/QUEUE/…`, `sns/TOPIC/…`, `s3/BUCKET/KEY`. Default: kept in memory only. */
  readonly destinationFolder?: string;
  /** What goes wrong: rules, or a function asked before every call. More rules may be set at run time. */
  readonly faults?: Faults | readonly FaultRule[];
  /** Access key ids let in over the wire. Default: any. */
  readonly accessKeyIds?: readonly string[];
  /**
   * Secrets by access key id. With them every request over the wire, and of `clientConfig`, must be signed by one of
   * these keys, no more than five minutes ago. Default: signatures are not verified.
   */
  readonly verifySignatures?: SigningKeys;
  /**
   * What callers may do: an identity policy as IAM has them, enforced for Kinesis and for the DynamoDB, CloudWatch and Lambda
   * beside it, over the wire and through `LocalKinesis.connection`. Who is refused is answered
   * `AccessDeniedException` in the service's own words; `NOT_EMULATED` is thrown for conditions that are not known here.
   * Event source mappings run as themselves. Default: everybody may do everything.
   */
  readonly policy?: PolicyDocument;
  /** Whether requests must be signed for `region`. Default false. */
  readonly enforceRegion?: boolean;
}
