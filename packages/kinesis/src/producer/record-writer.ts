import type { OutgoingRecord } from '../record/record.ts';
import type { SequenceNumber } from '../record/sequence-number.ts';

/** What became of one entry of a write. */
export type WriteOutcome =
  | { readonly ok: true; readonly shardId: string; readonly sequenceNumber: SequenceNumber }
  /** `code` is the service's own, for example `ProvisionedThroughputExceededException` or `InternalFailure`. */
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * The port a producer writes through: PutRecords and nothing more.
 *
 * An implementation answers one outcome per entry, in the order of the entries, or throws a `MillraceError` that
 * speaks for the whole call: `retryable` when the same call may succeed later (throttled, 5xx, network), not when
 * it never will (unknown stream, access denied). It must not retry by itself: the producer alone knows each
 * record's deadline and order.
 */
export interface RecordWriter {
  write(
    stream: string,
    entries: readonly OutgoingRecord[],
    options: { readonly signal?: AbortSignal },
  ): Promise<readonly WriteOutcome[]>;
}
