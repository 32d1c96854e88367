import type { Connection } from '@millrace/kinesis';
import type { OutgoingRecord, StoredRecord } from '@millrace/kinesis/record';
import type { Shard } from '@millrace/kinesis/shard';

import type { Ledger } from '../check/ledger.ts';
import type { Life } from './life.ts';
import type { Network } from './network.ts';
import type { Timeline } from './timeline.ts';

/** The way from a process to the stream, and who is told of what goes over it. */
export interface StreamWire {
  readonly kinesis: Connection;
  readonly network: Network;
  readonly ledger: Ledger;
  readonly timeline: Timeline;
  /** Told of every request and answer of a process that counts for what it may hold in memory. */
  readonly gauge: Gauge;
  /** When the shard's newest record arrived, by the service's clock. */
  readonly lastArrival: (shard: string) => number;
  /** What ListShards answers, which may be what was so a while ago. */
  readonly listed: (stream: string) => Promise<readonly Shard[]>;
  /** The process begins to read the shard. */
  readonly opened: (life: Life, shard: string) => void;
}

export interface Gauge {
  /** A PutRecords call is under way; answers how to tell its end. */
  writing(life: Life, entries: readonly OutgoingRecord[]): () => void;
  /** Records of the shard have come. */
  received(life: Life, shard: string, records: readonly StoredRecord[]): void;
}
