import type { LeaseStore } from './lease/lease-store.ts';
import type { RecordWriter } from './producer/record-writer.ts';
import type { FanOut } from './source/fan-out.ts';
import type { ShardReader } from './source/shard-reader.ts';

/**
 * What ties a program to a Kinesis: ports to write records, read shards and keep leases. The same program runs on
 * AWS, on the embedded server, in-process in a test and in the simulator by changing only its connection.
 */
export interface Connection {
  readonly writer: RecordWriter;
  readonly reader: ShardReader;
  /** Enhanced fan-out; absent where there is none, and consumers poll. */
  readonly fanOut?: FanOut;
  /** The store of one consumer group; the group is the KCL's application name, and with DynamoDB the table's name. */
  leases(group: string): LeaseStore;
  /** Frees sockets. Idempotent. */
  close(): Promise<void>;
}
