import type { Connection } from '@millrace/kinesis';

import type { FaultRules } from './api/fault-rules.ts';
import type { Engine } from './engine/engine.ts';
import type { LambdaHandler } from './functions/function.ts';
import type { HandlerFile } from './functions/handler-file.ts';
import type { LocalLambda, LocalMapping, MappingOptions } from './local-lambda.ts';
import type { InProcessHandler } from './server/request-handler.ts';
import type { SettledOptions } from './settled.ts';

/** What AWS SDK v3 clients need to reach this Kinesis (and its DynamoDB, CloudWatch and Lambda) without a socket. */
export interface ClientConfig {
  readonly region: string;
  readonly endpoint: string;
  readonly credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  readonly requestHandler: InProcessHandler;
}

export interface LocalKinesis extends AsyncDisposable {
  /** Ports for a producer or consumer, straight on the engine; leases in memory, one store for each group. */
  readonly connection: Required<Connection>;
  /** Spread into `new KinesisClient(…)` or `new DynamoDBClient(…)`. */
  readonly clientConfig: ClientConfig;
  /** For tests: split, merge and look at streams. */
  readonly engine: Engine;
  /** Functions, mappings and where failures go. Loaded when first asked for. */
  lambda(): Promise<LocalLambda>;
  /**
   * Runs a handler behind an event source mapping of a stream, from its oldest record unless told otherwise. Settings
   * have AWS's own names and defaults; resolves when it is Enabled. A function runs in this process on its clock, a
   * `HandlerFile` in processes of its own. With a `path`, the mapping of the same stream and function that an earlier
   * process left goes on where it was, with these settings. Throws `OPTION_INVALID` with AWS's own words for settings it would refuse.
   *
   * @example
   * ```ts
   * const mapping = await kinesis.mapping('orders', handler, { BatchSize: 10, MaximumRetryAttempts: 2 });
   * ```
   */
  mapping(
    stream: string,
    handler: LambdaHandler | HandlerFile,
    options?: MappingOptions,
  ): Promise<LocalMapping>;
  /** What goes wrong: rules to set and lift while it runs. */
  readonly faults: FaultRules;
  /**
   * Resolves when every record that is in the stream now is handled: by a consumer group, which says so in its
   * checkpoints as often as a third of its `leaseDuration`, or by an event source mapping, which may have filtered
   * records out or given them up. Records that came before it began to read from the tip do not count. Waits for ever
   * for what does not run: give it a `signal`. Throws `ABORTED`, `STREAM_NOT_FOUND`, and `OPTION_INVALID` for a mapping
   * that there is not, or no more.
   *
   * @example
   * ```ts
   * await producer.put(order);
   * await kinesis.settled({ stream: 'orders', group: 'billing' });
   * await kinesis.settled({ mapping });
   * ```
   */
  settled(wanted: SettledOptions): Promise<void>;
  /** Stops timers and forgets everything. Idempotent. */
  close(): Promise<void>;
}
