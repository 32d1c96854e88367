import type { StreamRecord } from '@millrace/kinesis/record';
import { optionError } from '@millrace/kinesis/runtime';
import type { Shard } from '@millrace/kinesis/shard';

/** Where replayed records go. */
export interface Destination {
  /**
   * Takes records of one shard, in order, and tells `commit` how many of them, from the first on, are safe: fewer than all
   * only when `signal` fired. Rejects when one cannot be stored.
   */
  write(
    records: readonly StreamRecord[],
    shard: Shard,
    signal: AbortSignal,
    commit: (count: number) => void,
  ): Promise<void>;
  /** Makes what was committed outlive the process, and answers what `look` sees at that moment. */
  settle<T>(look: () => T): Promise<Settled<T>>;
  close(): Promise<void>;
}

export interface Settled<T> {
  readonly seen: T;
  /** Of a file: how long it is with all that was committed, and nothing else. */
  readonly fileBytes?: number;
}

/** What `--into` names. */
export type DestinationName =
  | { readonly kind: 'stream'; readonly stream: string }
  | { readonly kind: 'file'; readonly path: string };

/** `stream:copy` or `file:./orders.ndjson`. Throws `OPTION_INVALID`. */
export function parseDestination(text: string | undefined): DestinationName {
  const [, kind, rest = ''] = /^(stream|file):(.+)$/su.exec(text ?? '') ?? [];
  if (kind === 'stream' && /^[a-zA-Z0-9_.-]{1,128}$/.test(rest)) return { kind, stream: rest };
  if (kind === 'file') return { kind, path: rest };
  throw optionError('--into', text, 'stream:<name> or file:<path>');
}

export function showDestination(name: DestinationName): string {
  return name.kind === 'stream' ? `stream:${name.stream}` : `file:${name.path}`;
}
