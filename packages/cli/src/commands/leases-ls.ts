import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { leaseDocument, type LeaseDocument } from '../groups/lease-document.ts';
import { writeList } from '../io/document.ts';
import type { Column } from '../io/table.ts';
import { withKinesis } from '../with-kinesis.ts';

/** `millrace leases ls`. */
export function leasesLs(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async ({ services }) => {
    const [group = ''] = context.args;
    const leases = await (await services.leaseTables()).read(group, { signal: context.signal });
    const documents = leases.map((lease) => leaseDocument(group, lease));
    const several = documents.some(({ stream }) => stream !== undefined);
    await writeList(context, documents, several ? [streamColumn, ...columns] : columns);
    return exitCode.ok;
  });
}

const streamColumn: Column<LeaseDocument> = { title: 'STREAM', cell: ({ stream }) => stream ?? '' };

const columns: readonly Column<LeaseDocument>[] = [
  { title: 'SHARD', cell: ({ shardId }) => shardId },
  { title: 'STATE', cell: ({ state }) => state },
  {
    title: 'OWNER',
    cell: ({ owner, nextOwner }) => (nextOwner === undefined ? (owner ?? '') : `${owner} → ${nextOwner}`),
  },
  { title: 'COUNTER', cell: ({ counter }) => String(counter), align: 'right' },
  {
    title: 'PARKED',
    cell: ({ parkedKeys }) => (parkedKeys.length === 0 ? '' : String(parkedKeys.length)),
    align: 'right',
  },
  {
    title: 'CHECKPOINT',
    cell: ({ checkpoint, subSequenceNumber }) =>
      subSequenceNumber === 0 ? checkpoint : `${checkpoint}:${subSequenceNumber}`,
  },
];
