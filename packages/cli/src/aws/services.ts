import type { KinesisClient } from '@aws-sdk/client-kinesis';

import type { Account } from './account.ts';
import type { CallOptions } from './call.ts';
import type { NeighbourClients } from './clients.ts';
import type { Buckets } from './buckets.ts';
import type { FanOutAdmin } from './fan-out-admin.ts';
import type { Identity } from './identity.ts';
import type { LeaseTables } from './lease-tables.ts';
import type { Mappings } from './mappings.ts';
import type { Metrics } from './metrics.ts';
import type { Permissions } from './permissions.ts';
import type { Queues } from './queues.ts';

/** What commands ask of a Kinesis and its neighbours beyond streams and records; each loaded when it is first asked for. */
export interface Services {
  /** What the account may have. */
  account(): Promise<Account>;
  /** Registered fan-out consumers. */
  fanOut(): Promise<FanOutAdmin>;
  /** DynamoDB tables that consumer groups keep their leases in. */
  leaseTables(): Promise<LeaseTables>;
  /** CloudWatch. */
  metrics(): Promise<Metrics>;
  /** Event source mappings of Lambda. */
  mappings(): Promise<Mappings>;
  permissions(): Promise<Permissions>;
  /** Who the credentials are. */
  whoAmI(options?: CallOptions): Promise<Identity>;
  /** SQS, where Lambda's failures go. */
  queues(): Promise<Queues>;
  /** S3, where they go as well. */
  buckets(): Promise<Buckets>;
}

/** The services on SDK clients. */
export function createServices(kinesis: KinesisClient, neighbours: NeighbourClients): Services {
  return {
    account: async () => (await import('./account.ts')).createAccount(kinesis),
    fanOut: async () => (await import('./fan-out-admin.ts')).createFanOutAdmin(kinesis),
    leaseTables: async () =>
      (await import('./lease-tables.ts')).createLeaseTables(await neighbours.dynamodb()),
    metrics: async () => (await import('./metrics.ts')).createMetrics(await neighbours.cloudwatch()),
    mappings: async () => (await import('./mappings.ts')).createMappings(await neighbours.lambda()),
    permissions: async () => (await import('./permissions.ts')).createPermissions(kinesis),
    whoAmI: async (options) => (await import('./identity.ts')).whoAmI(await neighbours.sts(), options),
    queues: async () => (await import('./queues.ts')).createQueues(await neighbours.sqs()),
    buckets: async () => (await import('./buckets.ts')).createBuckets(await neighbours.s3()),
  };
}
