import { isMillraceError } from '@millrace/kinesis';
import type { Lease } from '@millrace/kinesis/lease';

import type { Kinesis } from '../aws/kinesis.ts';
import type { Mapping } from '../aws/mappings.ts';
import { eachOf } from '../aws/call.ts';
import type { CommandContext } from '../command-context.ts';
import { knownPart, partsOf, type KnownPart } from '../groups/group.ts';
import { StreamDirectory } from '../groups/stream-directory.ts';
import { readPace } from '../read/pace.ts';
import { Probe } from '../read/probe.ts';
import { groupLag } from './group-lag.ts';
import type { LagRow } from './lag-row.ts';
import { serviceReaders } from './service-lag.ts';

/** What a look at the readers of a stream showed. */
export interface LagView {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly rows: readonly LagRow[];
  readonly parts: readonly KnownPart[];
  readonly mappings: readonly Mapping[];
}

/** Looks at the readers of one stream, or of a group; again and again if need be. */
export class LagSurvey {
  readonly #kinesis: Kinesis;
  readonly #context: CommandContext;
  readonly #groups: readonly string[];
  readonly #probes = new Map<string, Probe>();

  /** `groups`: only these; empty: all there are. */
  constructor(kinesis: Kinesis, context: CommandContext, groups: readonly string[] = []) {
    this.#kinesis = kinesis;
    this.#context = context;
    this.#groups = groups;
  }

  /** Throws `STREAM_NOT_FOUND`, and `DATA_MISSING` for a group that is not there. */
  async look(): Promise<LagView> {
    const { args, clock } = this.#context;
    const [stream] = args;
    const groups = this.#groups;
    const parts = await this.#parts(stream, groups);
    const rows = await eachOf(parts, (part) => groupLag(part, this.probe(part.stream), clock));
    const service =
      stream === undefined || groups.length > 0
        ? { rows: [], mappings: [] }
        : await serviceReaders(this.#kinesis, this.#context, stream);
    return {
      at: clock.now(),
      rows: [...rows.flat(), ...service.rows],
      parts,
      mappings: service.mappings,
    };
  }

  async #parts(stream: string | undefined, groups: readonly string[]): Promise<readonly KnownPart[]> {
    const { signal } = this.#context;
    const directory = new StreamDirectory(this.#kinesis, this.#context);
    if (stream !== undefined) await directory.needed(stream);
    const tables = await this.#kinesis.services.leaseTables();
    const named = groups.length > 0;
    const names = named ? groups : await tables.find({ signal });
    const found = await eachOf(names, async (group): Promise<readonly KnownPart[]> => {
      const leases = await this.#leases(group, named);
      const parts = await partsOf(directory, group, leases, stream);
      const fitting = named ? parts : parts.filter(({ streams }) => streams.length === 1);
      return Promise.all(fitting.map((part) => knownPart(directory, part)));
    });
    return found.flat();
  }

  async #leases(group: string, named: boolean): Promise<readonly Lease[]> {
    const { signal, notes } = this.#context;
    const tables = await this.#kinesis.services.leaseTables();
    try {
      return await tables.read(group, { signal });
    } catch (error) {
      if (named || !isMillraceError(error)) throw error;
      notes.warn(`the group ${group} is left out: its table cannot be read`);
      return [];
    }
  }

  /** The one that looks into this stream: whoever else wants to look keeps its pace with it. */
  probe(stream: string): Probe {
    const { clock, signal } = this.#context;
    const { reader } = this.#kinesis.connection;
    const pollMs = readPace(this.#context);
    const probe = this.#probes.get(stream) ?? new Probe({ stream, reader, clock, signal, pollMs });
    this.#probes.set(stream, probe);
    return probe;
  }
}
