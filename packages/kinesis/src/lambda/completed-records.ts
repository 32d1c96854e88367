import type { RawStreamRecord } from '../process/raw-record.ts';
import type { Clock } from '../runtime/clock.ts';

/**
 * Remembers, for all environments of a function, records that were handled but will come again, because a record before
 * them failed. Give one backed by Redis or DynamoDB when such a record must not be handled twice even by a cold
 * environment; without it a warm one remembers for itself.
 */
export interface CompletedStore {
  /** Those of `ids` that were added before. Called once an invocation, before its first record; when it rejects, the invocation fails and nothing is handled. */
  readonly find: (ids: readonly string[]) => Promise<ReadonlySet<string>>;
  /** Called at the end of an invocation that failed in part. When it rejects, that is logged, and the records may be handled twice. */
  readonly add: (ids: readonly string[]) => Promise<void>;
}

const mostIds = 100_000;
/** A mapping comes back within a minute or so. After longer, a record seen again is meant to be handled again: someone started the mapping anew. */
const keepMs = 600_000;

/** What one warm environment knows of records that come again. The oldest are forgotten first. */
export class CompletedRecords {
  readonly #clock: Pick<Clock, 'monotonic'>;
  /** By id, when to forget it; in the order they were added. */
  readonly #ids = new Map<string, number>();
  /** Asked of every record. */
  empty = true;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  add(id: string): void {
    const now = this.#clock.monotonic();
    for (const [oldest, until] of this.#ids) {
      if (until > now && this.#ids.size < mostIds) break;
      this.#ids.delete(oldest);
    }
    this.#ids.delete(id);
    this.#ids.set(id, now + keepMs);
    this.empty = false;
  }

  /** Whether `id` was added; it is forgotten with that, for it comes again only if it is added again. */
  take(id: string): boolean {
    const until = this.#ids.get(id);
    if (until === undefined) return false;
    this.#ids.delete(id);
    this.empty = this.#ids.size === 0;
    return until > this.#clock.monotonic();
  }
}

/** Names a user record among all of a function's mappings. */
export function completedId(record: RawStreamRecord): string {
  return `${record.stream}/${record.shardId}:${record.sequenceNumber}:${record.subSequenceNumber}`;
}
