import { isMillraceError } from '@millrace/kinesis';
import { isShardEnd, type Lease } from '@millrace/kinesis/lease';

import type { Kinesis } from '../aws/kinesis.ts';
import { eachOf } from '../aws/call.ts';
import type { LeaseTables } from '../aws/lease-tables.ts';
import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { knownPart, partsOf, workersOf, type GroupPart } from '../groups/group.ts';
import { StreamDirectory } from '../groups/stream-directory.ts';
import { writeList } from '../io/document.ts';
import { groupLag } from '../lag/group-lag.ts';
import { showDuration } from '../lag/lag-row.ts';
import { readPace } from '../read/pace.ts';
import { Probe } from '../read/probe.ts';
import { withKinesis } from '../with-kinesis.ts';
import { whatHappened } from '../errors/report-error.ts';

/** `millrace groups`. */
export function groups(context: CommandContext): Promise<ExitCode> {
  return withKinesis(context, async (kinesis) => {
    const { signal, options } = context;
    const [named] = context.args;
    const tables = await kinesis.services.leaseTables();
    const names = named === undefined ? await tables.find({ signal }) : [named];
    const directory = new StreamDirectory(kinesis, context);
    const stream = options.textOrNone('stream');
    if (stream !== undefined) await directory.needed(stream);
    const survey = new Survey(kinesis, context, directory);
    const found = await eachOf(names, async (group) => {
      const leases =
        named === undefined ? await readOr(tables, group, context) : await tables.read(group, { signal });
      const parts = await partsOf(directory, group, leases, stream);
      return eachOf(parts, (part) => survey.row(part));
    });
    await writeList(context, found.flat(), [
      { title: 'GROUP', cell: ({ group }) => group },
      { title: 'STREAM', cell: ({ streams }) => streams.join(' or ') || '(gone)' },
      { title: 'WORKERS', cell: ({ workers }) => String(workers.length), align: 'right' },
      { title: 'SHARDS', cell: ({ shards }) => String(shards), align: 'right' },
      { title: 'FREE', cell: ({ free }) => String(free), align: 'right' },
      {
        title: 'BEHIND',
        cell: ({ behindMs }) => (behindMs === undefined ? '' : showDuration(behindMs)),
        align: 'right',
      },
      {
        title: 'RECORDS',
        cell: ({ records, exact }) =>
          records === undefined ? '' : `${exact === false ? '~' : ''}${records.toLocaleString('en-US')}`,
        align: 'right',
      },
    ]);
    return exitCode.ok;
  });
}

/** A table that cannot be read keeps no other from being shown. */
async function readOr(
  tables: LeaseTables,
  group: string,
  { notes, signal }: CommandContext,
): Promise<readonly Lease[]> {
  try {
    return await tables.read(group, { signal });
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    notes.warn(`${group} is left out: ${whatHappened(error)}`);
    return [];
  }
}

interface GroupDocument {
  readonly group: string;
  /** Those its leases fit: one, unless it cannot be told. */
  readonly streams: readonly string[];
  readonly workers: readonly string[];
  /** Not finished. */
  readonly shards: number;
  /** Not finished and held by nobody. */
  readonly free: number;
  /** The furthest of its shards, milliseconds. */
  readonly behindMs?: number;
  readonly records?: number;
  readonly exact?: boolean;
}

class Survey {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;
  readonly #directory: StreamDirectory;
  /** One for a stream, whatever reads it: together they keep its pace. */
  readonly #probes = new Map<string, Probe>();

  constructor(kinesis: Kinesis, context: CommandContext, directory: StreamDirectory) {
    this.#kinesis = kinesis;
    this.#context = context;
    this.#directory = directory;
  }

  async row(part: GroupPart): Promise<GroupDocument> {
    const { group, leases, streams } = part;
    const open = leases.filter(({ checkpoint }) => !isShardEnd(checkpoint));
    return {
      group,
      streams,
      workers: workersOf(open),
      shards: open.length,
      free: open.filter(({ owner }) => owner === undefined).length,
      ...(streams.length === 1 && !this.#context.options.flag('no-lag') && (await this.#lag(part))),
    };
  }

  async #lag(part: GroupPart): Promise<Pick<GroupDocument, 'behindMs' | 'records' | 'exact'>> {
    const known = await knownPart(this.#directory, part);
    const rows = await groupLag(known, this.#probe(known.stream), this.#context.clock);
    return {
      behindMs: Math.max(0, ...rows.map(({ behindMs }) => behindMs ?? 0)),
      records: rows.reduce((sum, { records }) => sum + (records ?? 0), 0),
      exact: rows.every(({ exact }) => exact !== false),
    };
  }

  #probe(stream: string): Probe {
    const { clock, signal } = this.#context;
    const { reader } = this.#kinesis.connection;
    const probe =
      this.#probes.get(stream) ??
      new Probe({ stream, reader, clock, signal, pollMs: readPace(this.#context) });
    this.#probes.set(stream, probe);
    return probe;
  }
}
