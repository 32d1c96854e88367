import { MillraceError } from '@millrace/kinesis';
import type { RecordWriter, WriteOutcome } from '@millrace/kinesis/producer';
import { toSequenceNumber, type OutgoingRecord } from '@millrace/kinesis/record';
import type { ShardReader } from '@millrace/kinesis/source';

import type { Kinesis } from '../../src/aws/kinesis.ts';
import type { Services } from '../../src/aws/services.ts';
import type { StreamAdmin } from '../../src/aws/stream-admin.ts';
import type { Doors } from '../../src/command-context.ts';

export interface FakeKinesis {
  readonly doors: Pick<Doors, 'openKinesis'>;
  readonly stored: OutgoingRecord[];
  readonly calls: number[];
  closed: boolean;
}

type Write = (
  entries: readonly OutgoingRecord[],
  call: number,
) => readonly WriteOutcome[] | Promise<readonly WriteOutcome[]>;

/** A Kinesis whose writer answers what the test says; without an answer it stores everything. */
export function createFakeKinesis(
  options: {
    readonly write?: Write;
    readonly reader?: Partial<ShardReader>;
    readonly admin?: Partial<StreamAdmin>;
  } = {},
): FakeKinesis {
  const stored: OutgoingRecord[] = [];
  const calls: number[] = [];
  const writer: RecordWriter = {
    async write(_stream, entries) {
      calls.push(entries.length);
      const outcomes = await (options.write ?? storeAll)(entries, calls.length);
      entries.forEach((entry, index) => outcomes[index]?.ok === true && stored.push(entry));
      return outcomes;
    },
  };
  const kinesis: Kinesis = {
    connection: { writer, reader: { ...refusing<ShardReader>(), ...options.reader } as ShardReader },
    admin: { ...refusing<StreamAdmin>(), ...options.admin } as StreamAdmin,
    services: refusing<Services>() as Services,
    async close() {
      fake.closed = true;
    },
  };
  const fake: FakeKinesis = { doors: { openKinesis: async () => kinesis }, stored, calls, closed: false };
  return fake;
}

export function storeAll(entries: readonly OutgoingRecord[]): readonly WriteOutcome[] {
  return entries.map((_, index) => ok(String(index + 1)));
}

export function ok(sequenceNumber: string): WriteOutcome {
  return { ok: true, shardId: 'shardId-000000000000', sequenceNumber: toSequenceNumber(sequenceNumber) };
}

export function refused(code: string): WriteOutcome {
  return { ok: false, code, message: 'no' };
}

export function failure(
  code: ConstructorParameters<typeof MillraceError>[0],
  retryable = false,
): MillraceError {
  return new MillraceError(code, `It failed with ${code}.`, { advice: 'Mend it.', retryable });
}

function refusing<T extends object>(): Partial<T> {
  return {};
}
