/**
 * The KPL's aggregated record: many user records in the data of one Kinesis record. All integers are varints,
 * `string` and `bytes` are length-prefixed.
 *
 *     F3 89 9A C2                                  magic
 *     AggregatedRecord                             protobuf
 *       1  partition_key_table      string*        distinct keys
 *       2  explicit_hash_key_table  string*        distinct explicit hash keys, decimal
 *       3  records                  Record*
 *            1  partition_key_index      uint64    into table 1, from 0
 *            2  explicit_hash_key_index  uint64?   into table 2, from 0
 *            3  data                     bytes
 *            4  tags                     Tag*      our headers
 *                 1  key    string
 *                 2  value  string?
 *     16 bytes                                     MD5 of the protobuf
 *
 * See {@link https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md}.
 */
export const MAGIC: readonly [number, number, number, number] = [0xf3, 0x89, 0x9a, 0xc2];

export const MAGIC_BYTES = 4;
export const DIGEST_BYTES = 16;

/**
 * The most user records one aggregate may hold, written or read. A stored record of 10 MiB has room for 1.7 million
 * empty ones; whoever sends that wants to exhaust the reader's memory.
 */
export const MAX_AGGREGATE_COUNT = 1_000_000;

/** A field's number and wire type in one byte, as it stands on the wire. */
export const KEY_TABLE = 0x0a;
export const HASH_KEY_TABLE = 0x12;
export const RECORD = 0x1a;
export const RECORD_KEY_INDEX = 0x08;
export const RECORD_HASH_KEY_INDEX = 0x10;
export const RECORD_DATA = 0x1a;
export const RECORD_TAG = 0x22;
export const TAG_KEY = 0x0a;
export const TAG_VALUE = 0x12;

/** A user record to put into an aggregate. */
export interface AggregateEntry {
  readonly partitionKey: string;
  /** A decimal integer from 0 to 2^128 − 1. Default: none, the partition key is hashed. */
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
  /** Name and value pairs that travel with the record. Default: none. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A user record taken out of an aggregate. */
export interface AggregatedEntry {
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  /** A view into the aggregate's bytes: it keeps all of them in memory. */
  readonly data: Uint8Array;
  /** Without a prototype, so that a header may have any name; empty when the record has none. */
  readonly headers: Readonly<Record<string, string>>;
}
