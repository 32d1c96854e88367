import type { RecordWriter, WriteOutcome } from '@millrace/kinesis/producer';
import { toSequenceNumber, type OutgoingRecord } from '@millrace/kinesis/record';

/** What the fake does with one call: answer it, or throw. */
export type Behaviour = (
  entries: readonly OutgoingRecord[],
  call: number,
) => Promise<readonly WriteOutcome[]> | readonly WriteOutcome[];

export interface FakeWriter extends RecordWriter {
  /** Every call's entries, in order. */
  readonly calls: (readonly OutgoingRecord[])[];
  /** What was stored, in order. */
  readonly stored: OutgoingRecord[];
}

/** Stores what `behaviour` answers with ok. */
export function createFakeWriter(behaviour?: Behaviour): FakeWriter {
  const calls: (readonly OutgoingRecord[])[] = [];
  const stored: OutgoingRecord[] = [];
  return {
    calls,
    stored,
    async write(_stream, entries) {
      calls.push(entries);
      const outcomes =
        behaviour === undefined ? entries.map(() => ok()) : await behaviour(entries, calls.length);
      for (const [index, outcome] of outcomes.entries()) {
        const entry = entries[index];
        if (outcome.ok && entry !== undefined) stored.push(entry);
      }
      return outcomes;
    },
  };
}

export function ok(sequenceNumber = '1'): WriteOutcome {
  return { ok: true, shardId: 'shardId-000000000000', sequenceNumber: toSequenceNumber(sequenceNumber) };
}

export function throttled(): WriteOutcome {
  return { ok: false, code: 'ProvisionedThroughputExceededException', message: 'Rate exceeded' };
}
