import type { Connection } from '../connection.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import type { RecordWriter } from '../producer/record-writer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FanOut } from '../source/fan-out.ts';
import type { ShardReader } from '../source/shard-reader.ts';
import { toMillraceError } from './aws-error.ts';
import type { ClientOptions, DynamoDBSender, KinesisSender } from './clients.ts';
import type { BodyFormat, DirectCalls, DirectClient } from './direct-calls.ts';
import { withPeer } from './peer.ts';

export interface ConnectOptions extends ClientOptions {
  /**
   * A Kinesis client of your own, with whatever you have added to it: every call passes through it. Turn its retries off
   * (`maxAttempts: 1`), the producer has its own. You close it.
   */
  readonly kinesis?: KinesisSender;
  /** A DynamoDB client of your own, for the lease tables, with whatever you have added to it: every call passes through it. You close it. */
  readonly dynamodb?: DynamoDBSender;
  /** Time and chance; a manual one in tests. Default: the system's. */
  readonly clock?: Clock;
}

/**
 * A connection to Kinesis, with leases in DynamoDB, through the AWS SDK v3: region, credentials and endpoint come from
 * the environment and profile as for every AWS tool (`AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, …) unless given.
 *
 * Opens nothing until it is first used. Calls reject with `PEER_MISSING` when `@aws-sdk/client-kinesis` (or, for
 * leases, `@aws-sdk/client-dynamodb`) is not installed.
 *
 * @example
 * ```ts
 * const connection = connect({ endpoint: 'http://127.0.0.1:4567' });
 * const producer = createProducer(orders, connection);
 * ```
 */
export function connect(options: ConnectOptions = {}): Required<Connection> {
  const { kinesis, dynamodb, clock, ...clientOptions } = options;
  const throughKinesis = <T>(load: Load<T>, silenceMs: number): Lazy<T> =>
    lazy('@aws-sdk/client-kinesis', async () => {
      const [{ createOwnClient }, { create, format }] = await Promise.all([
        import('./kinesis-client.ts'),
        load(),
      ]);
      if (kinesis !== undefined) return { port: create(kinesis) };
      const { client, direct } = createOwnClient(clientOptions, silenceMs, format);
      return { port: create(client, direct), client };
    });
  // To put again what was put after all makes duplicates: an answer is waited for long.
  const writing = throughKinesis(loadWriter, 30_000);
  // To read again costs nothing, and a shard stands still meanwhile.
  const reading = throughKinesis(loadReader, 10_000);
  const subscriptions = lazy('@aws-sdk/client-kinesis', async () => {
    const [{ createFanOutClient }, { createKinesisFanOut }] = await Promise.all([
      import('./kinesis-client.ts'),
      import('./kinesis-fan-out.ts'),
    ]);
    if (kinesis !== undefined) return { port: createKinesisFanOut(kinesis) };
    const client = createFanOutClient(clientOptions);
    return { port: createKinesisFanOut(client, client.config.eventStreamMarshaller), client };
  });
  const tables = lazy('@aws-sdk/client-dynamodb', async () => {
    const [{ DynamoDBClient }, { Http1Handler }, { createDynamoDBLeaseStore }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('./http1-handler.ts'),
      import('./lease-store.ts'),
    ]);
    const storeOf = (client: DynamoDBSender, own?: DirectClient) => (table: string) =>
      createDynamoDBLeaseStore({ client, table, ...(clock && { clock }) }, own);
    if (dynamodb !== undefined) return { port: storeOf(dynamodb) };
    // A heartbeat that is not answered must be sent again while the lease lasts.
    const client = new DynamoDBClient({ ...clientOptions, requestHandler: new Http1Handler(3000) });
    return { port: storeOf(client, client), client };
  });
  const writer: RecordWriter = { write: async (...given) => (await writing.get()).write(...given) };
  const reader: ShardReader = {
    describeStream: async (...given) => (await reading.get()).describeStream(...given),
    listShards: async (...given) => (await reading.get()).listShards(...given),
    openIterator: async (...given) => (await reading.get()).openIterator(...given),
    read: async (...given) => (await reading.get()).read(...given),
  };
  const fanOut: FanOut = {
    describeConsumer: async (...given) => (await subscriptions.get()).describeConsumer(...given),
    registerConsumer: async (...given) => (await subscriptions.get()).registerConsumer(...given),
    deregisterConsumer: async (...given) => (await subscriptions.get()).deregisterConsumer(...given),
    subscribe: async (...given) => (await subscriptions.get()).subscribe(...given),
  };
  return {
    writer,
    reader,
    fanOut,
    leases: (group) => lazyLeaseStore(async () => (await tables.get())(group)),
    async close() {
      await Promise.all([writing.close(), reading.close(), subscriptions.close(), tables.close()]);
    },
  };
}

/** How a port through a Kinesis client is made, and what it speaks; from files that are read when they are needed. */
type Load<T> = () => Promise<{
  readonly create: (client: KinesisSender, direct?: DirectCalls) => T;
  readonly format?: BodyFormat;
}>;

const loadWriter: Load<RecordWriter> = async () => ({
  create: (await import('./kinesis-writer.ts')).createKinesisWriter,
});
const loadReader: Load<ShardReader> = async () => ({
  create: (await import('./kinesis-reader.ts')).createKinesisReader,
  format: (await import('./cbor-format.ts')).awsCbor,
});

interface Lazy<T> {
  get(): Promise<T>;
  close(): Promise<void>;
}

/** What a port goes through is closed with it, unless somebody else's. */
interface Opened<T> {
  readonly port: T;
  readonly client?: { destroy(): void };
}

/** Opened at first use, so that importing and connecting cost nothing; after a failure the next use tries again. */
function lazy<T>(peer: string, open: () => Promise<Opened<T>>): Lazy<T> {
  let opened: Promise<Opened<T>> | undefined;
  return {
    async get() {
      opened ??= withPeer(peer, open).catch((error: unknown) => {
        opened = undefined;
        throw toMillraceError(error, { operation: 'Connect' });
      });
      return (await opened).port;
    },
    async close() {
      const done = await opened?.catch(() => undefined);
      opened = undefined;
      done?.client?.destroy();
    },
  };
}

function lazyLeaseStore(open: () => Promise<LeaseStore>): LeaseStore {
  let opened: Promise<LeaseStore> | undefined;
  const get = (): Promise<LeaseStore> => {
    opened ??= open().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
  return {
    prepare: async (...given) => (await get()).prepare(...given),
    list: async () => (await get()).list(),
    get: async (...given) => (await get()).get(...given),
    create: async (...given) => (await get()).create(...given),
    renew: async (...given) => (await get()).renew(...given),
    take: async (...given) => (await get()).take(...given),
    requestHandOff: async (...given) => (await get()).requestHandOff(...given),
    withdrawHandOff: async (...given) => (await get()).withdrawHandOff(...given),
    checkpoint: async (...given) => (await get()).checkpoint(...given),
    release: async (...given) => (await get()).release(...given),
    delete: async (...given) => (await get()).delete(...given),
  };
}
