import type { Connection } from '../connection.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import type { RecordWriter } from '../producer/record-writer.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FanOut } from '../source/fan-out.ts';
import type { ShardReader } from '../source/shard-reader.ts';
import { toMillraceError } from './aws-error.ts';
import type { ClientOptions, DynamoDBSender, KinesisSender } from './clients.ts';
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
export function connect(options: ConnectOptions = {}): Connection {
  const { kinesis: ownKinesis, dynamodb: ownDynamoDB, clock, ...clientOptions } = options;
  const writing = lazy('@aws-sdk/client-kinesis', async () => {
    const [{ createOwnClient }, { createKinesisWriter }] = await Promise.all([
      import('./kinesis-client.ts'),
      import('./kinesis-writer.ts'),
    ]);
    if (ownKinesis !== undefined) return { writer: createKinesisWriter(ownKinesis), destroy: () => {} };
    // To put again what was put after all makes duplicates: an answer is waited for long.
    const { client, direct } = createOwnClient(clientOptions, 30_000);
    return { writer: createKinesisWriter(client, direct), destroy: () => client.destroy() };
  });
  const reading = lazy('@aws-sdk/client-kinesis', async () => {
    const [{ createOwnClient }, { createKinesisReader }] = await Promise.all([
      import('./kinesis-client.ts'),
      import('./kinesis-reader.ts'),
    ]);
    if (ownKinesis !== undefined) return { reader: createKinesisReader(ownKinesis), destroy: () => {} };
    // To read again costs nothing, and a shard stands still meanwhile.
    const { client, direct } = createOwnClient(clientOptions, 10_000);
    return { reader: createKinesisReader(client, direct), destroy: () => client.destroy() };
  });
  const subscriptions = lazy('@aws-sdk/client-kinesis', async () => {
    const [{ createFanOutClient }, { createKinesisFanOut }] = await Promise.all([
      import('./kinesis-client.ts'),
      import('./kinesis-fan-out.ts'),
    ]);
    if (ownKinesis !== undefined) return { fanOut: createKinesisFanOut(ownKinesis), destroy: () => {} };
    const client = createFanOutClient(clientOptions);
    const { eventStreamMarshaller } = client.config;
    return { fanOut: createKinesisFanOut(client, eventStreamMarshaller), destroy: () => client.destroy() };
  });
  const dynamodb = lazy('@aws-sdk/client-dynamodb', async () => {
    const [{ DynamoDBClient }, { Http1Handler }, { createDynamoDBLeaseStore }] = await Promise.all([
      import('@aws-sdk/client-dynamodb'),
      import('./http1-handler.ts'),
      import('./lease-store.ts'),
    ]);
    const time = clock && { clock };
    if (ownDynamoDB !== undefined) {
      const open = (table: string): LeaseStore =>
        createDynamoDBLeaseStore({ client: ownDynamoDB, table, ...time });
      return { open, destroy: () => {} };
    }
    // A heartbeat that is not answered must be sent again while the lease lasts.
    const requestHandler = new Http1Handler(3000);
    const client = new DynamoDBClient({ ...clientOptions, requestHandler });
    const open = (table: string): LeaseStore => createDynamoDBLeaseStore({ client, table, ...time }, client);
    return { open, destroy: () => client.destroy() };
  });
  const writer: RecordWriter = { write: async (...given) => (await writing.get()).writer.write(...given) };
  const reader: ShardReader = {
    describeStream: async (...given) => (await reading.get()).reader.describeStream(...given),
    listShards: async (...given) => (await reading.get()).reader.listShards(...given),
    openIterator: async (...given) => (await reading.get()).reader.openIterator(...given),
    read: async (...given) => (await reading.get()).reader.read(...given),
  };
  const fanOut: FanOut = {
    describeConsumer: async (...given) => (await subscriptions.get()).fanOut.describeConsumer(...given),
    registerConsumer: async (...given) => (await subscriptions.get()).fanOut.registerConsumer(...given),
    deregisterConsumer: async (...given) => (await subscriptions.get()).fanOut.deregisterConsumer(...given),
    subscribe: async (...given) => (await subscriptions.get()).fanOut.subscribe(...given),
  };
  return {
    writer,
    reader,
    fanOut,
    leases: (group) => lazyLeaseStore(async () => (await dynamodb.get()).open(group)),
    async close() {
      await Promise.all([writing.close(), reading.close(), subscriptions.close(), dynamodb.close()]);
    },
  };
}

interface Lazy<T> {
  get(): Promise<T>;
  close(): Promise<void>;
}

/** Opened at first use, so that importing and connecting cost nothing; after a failure the next use tries again. */
function lazy<T extends { destroy(): void }>(peer: string, open: () => Promise<T>): Lazy<T> {
  let opened: Promise<T> | undefined;
  return {
    get() {
      opened ??= withPeer(peer, open).catch((error: unknown) => {
        opened = undefined;
        throw toMillraceError(error, { operation: 'Connect' });
      });
      return opened;
    },
    async close() {
      const client = await opened?.catch(() => undefined);
      opened = undefined;
      client?.destroy();
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
