import { join } from 'node:path';

import type { Connection } from '@millrace/kinesis';
import {
  integerOption,
  optionError,
  systemClock,
  toMilliseconds,
  type Clock,
  type Duration,
} from '@millrace/kinesis/runtime';

import type { Faults } from './api/fault.ts';
import type { FaultRule } from './api/fault-rule.ts';
import { FaultRules } from './api/fault-rules.ts';
import type { Permit } from './api/policy/permit.ts';
import type { PolicyDocument } from './api/policy/policy-document.ts';
import { Service } from './api/service.ts';
import { createConnection } from './connection.ts';
import type { LambdaHandler } from './functions/function.ts';
import type { HandlerFile } from './functions/handler-file.ts';
import type { LocalLambda, LocalLambdaInit, LocalMapping, MappingOptions } from './local-lambda.ts';
import type { BucketStore } from './engine/bucket-store.ts';
import { Engine } from './engine/engine.ts';
import type { KmsKeyState } from './engine/kms.ts';
import { limits } from './engine/limits.ts';
import { LeaseStores } from './lease-stores.ts';
import { md5Hex } from './md5.ts';
import { createCloudwatch } from './neighbours/cloudwatch/cloudwatch.ts';
import { createKinesisMeter } from './neighbours/cloudwatch/kinesis-meter.ts';
import { createLambdaMeter } from './neighbours/cloudwatch/lambda-meter.ts';
import { MetricStore } from './neighbours/cloudwatch/metric-store.ts';
import { createLambda } from './neighbours/lambda/lambda.ts';
import { createDynamodb } from './neighbours/dynamodb/dynamodb.ts';
import { guarded } from './neighbours/guarded.ts';
import { jsonCall } from './neighbours/json-call.ts';
import type { SettledOptions } from './settled.ts';
import type { Durability } from './storage/file-heap.ts';
import type { Storage } from './storage/storage.ts';
import { createFront, type Front } from './server/front.ts';
import { createRequestHandler, type InProcessHandler } from './server/request-handler.ts';
import { authorize, type AuthorizationRules } from './wire/authorization.ts';
import type { SigningKeys, VerifySignature } from './wire/signature.ts';

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
   * what is over its call rates and over the changes a stream may see in a day. Default false.
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
   * What callers may do: an identity policy as IAM has them, enforced for Kinesis and for the DynamoDB and CloudWatch
   * beside it, over the wire and through {@link LocalKinesis.connection}. Who is refused is answered
   * `AccessDeniedException` in the service's own words; `NOT_EMULATED` is thrown for conditions that are not known here.
   * Event source mappings run as themselves. Default: everybody may do everything.
   */
  readonly policy?: PolicyDocument;
  /** Whether requests must be signed for `region`. Default false. */
  readonly enforceRegion?: boolean;
}

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
  readonly connection: Connection;
  /** Spread into `new KinesisClient(…)` or `new DynamoDBClient(…)`. */
  readonly clientConfig: ClientConfig;
  /** For tests: split, merge and look at streams. */
  readonly engine: Engine;
  /** Functions, mappings and where failures go. Loaded when first asked for. */
  lambda(): Promise<LocalLambda>;
  /**
   * Runs a handler behind an event source mapping of a stream, from its oldest record unless told otherwise. Settings
   * have AWS's own names and defaults; resolves when it is Enabled. A function runs in this process on its clock, a
   * `HandlerFile` in processes of its own. Throws `OPTION_INVALID` with AWS's own words for settings it would refuse.
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

/**
 * A Kinesis in this process, ready in milliseconds, without a socket. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * await using kinesis = await createLocalKinesis({ streams: { orders: { shards: 2 } } });
 * const producer = createProducer(orders, kinesis.connection);
 * const client = new KinesisClient(kinesis.clientConfig);
 * ```
 */
export async function createLocalKinesis(options: LocalKinesisOptions = {}): Promise<LocalKinesis> {
  const { kinesis } = await assemble(options);
  return kinesis;
}

/** The same with the door a server needs. */
export async function assemble(
  options: LocalKinesisOptions,
): Promise<{ readonly kinesis: LocalKinesis; readonly front: Front }> {
  const { engine, storage } = await openEngine(options);
  const { faults: given = [] } = options;
  const metrics = new MetricStore();
  const faults = new FaultRules(engine.options.clock);
  if (typeof given !== 'function') {
    for (const [index, rule] of given.entries()) faults.add(rule, `local.faults[${index}]`);
  }
  const permit = await openPermit(options.policy, engine);
  const createService = (...more: readonly ((operation: string, input: unknown) => void)[]): Service =>
    new Service(
      engine,
      typeof given === 'function' ? firstOf(given, faults.decide) : faults,
      createKinesisMeter(metrics, () => engine.now),
      ...more,
    );
  const service = permit === undefined ? createService() : createService(permit.kinesis);
  const verify = await openSignatureCheck(options.verifySignatures, engine);
  const rules: AuthorizationRules = {
    ...(options.accessKeyIds === undefined ? {} : { accessKeyIds: options.accessKeyIds }),
    ...(options.enforceRegion === true ? { signingRegion: engine.options.region } : {}),
    ...(verify === undefined ? {} : { verify }),
  };
  const { clock, region, accountId } = engine.options;
  const dynamodb = createDynamodb({
    region,
    accountId,
    now: () => engine.now,
    ...(options.path === undefined ? {} : { folder: join(options.path, 'dynamodb') }),
  });
  const cloudwatch = createCloudwatch({
    store: metrics,
    clock,
    region,
    accountId,
    authorize: (request) => authorize(request, rules, 'monitoring'),
    permit: permit?.cloudwatch,
  });
  const leases =
    rules.verify === undefined && permit === undefined
      ? dynamodb
      : guarded(dynamodb, (request) => {
          if (rules.verify !== undefined) authorize(request, rules, 'dynamodb');
          const { operation, input } = jsonCall(request);
          permit?.dynamodb(operation, input);
        });
  const stores = new LeaseStores();
  const connection = createConnection(service, stores);
  let lambda: Promise<LocalLambda> | undefined;
  const openLambda = (): Promise<LocalLambda> => {
    // A mapping reads as itself, whatever its user may do.
    const own = permit === undefined ? service : createService();
    lambda ??= loadLambda({
      service: own,
      connection: permit === undefined ? connection : createConnection(own, stores),
      meter: createLambdaMeter(metrics, () => engine.now),
      destinationFolder: options.destinationFolder,
      functions: options.functions,
    });
    return lambda;
  };
  const functions = createLambda({
    lambda: openLambda,
    now: () => engine.now,
    authorize: (request) => authorize(request, rules, 'lambda'),
  });
  const front = createFront(service, [leases, cloudwatch, functions], rules, faults);
  const close = async (): Promise<void> => {
    // Handlers under way may still put records.
    const opened = await lambda?.catch(() => undefined);
    await opened?.close();
    engine.close();
    storage?.[Symbol.dispose]();
    await Promise.all([dynamodb.close(), cloudwatch.close()]);
  };
  const kinesis: LocalKinesis = {
    connection,
    clientConfig: {
      region: engine.options.region,
      endpoint: 'http://localhost',
      credentials: credentialsOf(options),
      requestHandler: createRequestHandler(front),
    },
    engine,
    lambda: openLambda,
    mapping: async (...wanted) => (await openLambda()).map(...wanted),
    faults,
    settled: async (wanted) => {
      const { settled } = await import('./settled.ts');
      return settled({ engine, stores, mappings: async () => (await openLambda()).mappings }, wanted);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  // What is wrong with one of them is told now, and not to the first who asks for it.
  if (options.functions !== undefined) {
    await openLambda().catch(async (error: unknown) => {
      await close();
      throw error;
    });
  }
  return { kinesis, front };
}

/** Loaded by who has a policy. */
async function openPermit(policy: PolicyDocument | undefined, engine: Engine): Promise<Permit | undefined> {
  if (policy === undefined) return undefined;
  const { createPermit } = await import('./api/policy/permit.ts');
  return createPermit(policy, engine, 'local.policy');
}

/** Loaded by who verifies. */
async function openSignatureCheck(
  keys: SigningKeys | undefined,
  engine: Engine,
): Promise<VerifySignature | undefined> {
  if (keys === undefined) return undefined;
  const { createSignatureCheck } = await import('./wire/signature.ts');
  return createSignatureCheck(keys, () => engine.now, 'local.verifySignatures');
}

interface LambdaOptions extends Pick<LocalLambdaInit, 'meter' | 'destinationFolder'> {
  readonly service: Service;
  readonly connection: Connection;
  readonly functions: LocalKinesisOptions['functions'] | undefined;
}

/** Loaded by who needs it: a Kinesis alone is there sooner. */
async function loadLambda(options: LambdaOptions): Promise<LocalLambda> {
  const { service, connection, functions = {}, ...rest } = options;
  const [{ LocalLambda: Lambda }, { checkEngineSource, createEngineSource }] = await Promise.all([
    import('./local-lambda.ts'),
    import('./event-source/engine-source.ts'),
  ]);
  const lambda = new Lambda({
    ...rest,
    ...service.engine.options,
    source: (eventSourceArn) => createEngineSource({ service, connection, eventSourceArn }),
    checkEventSource: (arn) => checkEngineSource(service, arn),
  });
  for (const [name, code] of Object.entries(functions)) await lambda.functions.add(code, { name });
  return lambda;
}

/** Such as are let in. */
function credentialsOf({ accessKeyIds, verifySignatures }: LocalKinesisOptions): ClientConfig['credentials'] {
  const [known] = Object.entries(verifySignatures ?? {}).filter(
    ([id]) => accessKeyIds === undefined || accessKeyIds.includes(id),
  );
  if (known === undefined) return { accessKeyId: accessKeyIds?.[0] ?? 'local', secretAccessKey: 'local' };
  const [accessKeyId, key] = known;
  return { accessKeyId, ...(typeof key === 'string' ? { secretAccessKey: key } : key) };
}

/** The program's own hook goes first. */
function firstOf(hook: Faults, rules: Faults): Faults {
  return (call) => hook(call) ?? rules(call);
}

async function openEngine(
  options: LocalKinesisOptions,
): Promise<{ readonly engine: Engine; readonly storage?: Storage }> {
  const { path, durability = 'process', repair = false } = options;
  if (durability !== 'process' && durability !== 'fsync') {
    throw optionError('local.durability', durability, "'process' or 'fsync'");
  }
  const bucketStore = await openBucketStore(options.channelFolder);
  if (path === undefined) return { engine: addStreams(createEngine(options, { bucketStore }), options) };
  if (path === '') throw optionError('local.path', path, 'the name of a folder');
  const { Storage: FolderStorage } = await import('./storage/storage.ts');
  const storage = new FolderStorage({ folder: path, durability, repair });
  try {
    const engine = createEngine(options, { storage, bucketStore });
    storage.restore(engine);
    addStreams(engine, options);
    return { engine, storage };
  } catch (error) {
    storage[Symbol.dispose]();
    throw error;
  }
}

function addStreams(engine: Engine, options: LocalKinesisOptions): Engine {
  for (const [name, stream] of Object.entries(options.streams ?? {})) {
    // One that was kept is as it was left.
    if (engine.find(name) === undefined) addStream(engine, name, stream);
  }
  engine.changed();
  return engine;
}

/** Loaded by who has channels: it compresses what it keeps. */
async function openBucketStore(folder: string | undefined): Promise<BucketStore | undefined> {
  if (folder === undefined) return undefined;
  const { createBucketFolder } = await import('./neighbours/bucket-folder.ts');
  return createBucketFolder(folder);
}

function createEngine(
  options: LocalKinesisOptions,
  { storage, bucketStore }: { readonly storage?: Storage; readonly bucketStore: BucketStore | undefined },
): Engine {
  return new Engine({
    clock: options.clock ?? systemClock,
    hash: md5Hex,
    accountId: checkAccountId(options.accountId ?? '000000000000'),
    region: options.region ?? 'us-east-1',
    createStreamMs: toMilliseconds(options.createStreamTime ?? 0, 'local.createStreamTime'),
    deleteStreamMs: toMilliseconds(options.deleteStreamTime ?? 0, 'local.deleteStreamTime'),
    updateStreamMs: toMilliseconds(options.updateStreamTime ?? 0, 'local.updateStreamTime'),
    registerConsumerMs: toMilliseconds(options.registerConsumerTime ?? 0, 'local.registerConsumerTime'),
    deregisterConsumerMs: toMilliseconds(options.deregisterConsumerTime ?? 0, 'local.deregisterConsumerTime'),
    shardLimit: integerOption('local.shardLimit', options.shardLimit ?? 20_000, 1, 1_000_000),
    enforceLimits: options.enforceLimits ?? false,
    ...(storage === undefined ? {} : { heap: storage.heap, onChange: () => storage.save() }),
    ...(options.kmsKeys === undefined ? {} : { kmsKeys: options.kmsKeys }),
    ...(bucketStore === undefined ? {} : { bucketStore }),
  });
}

function addStream(engine: Engine, name: string, options: StreamOptions): void {
  const path = `local.streams.${name}`;
  if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name)) {
    throw optionError('local.streams', name, 'names of 1 to 128 letters, digits, and _ . -');
  }
  const shards = integerOption(`${path}.shards`, options.shards ?? 1, 1, limits.shardsPerStream);
  const kibibytes = integerOption(`${path}.maxRecordKiB`, options.maxRecordKiB ?? 1024, 1024, 10_240);
  const hours = options.retentionHours ?? limits.defaultRetentionHours;
  const stream = engine.createStream(name, { shards, maxRecordBytes: kibibytes * 1024, atOnce: true });
  stream.retentionHours = integerOption(
    `${path}.retentionHours`,
    hours,
    limits.defaultRetentionHours,
    limits.longestRetentionHours,
  );
}

function checkAccountId(accountId: string): string {
  if (/^\d{12}$/.test(accountId)) return accountId;
  throw optionError('local.accountId', accountId, 'twelve digits');
}
