/** How far one reader is behind on one shard. */
export interface LagRow {
  readonly stream: string;
  /** group: a worker group with leases; fan-out: a registered consumer; mapping: an event source mapping of Lambda. */
  readonly kind: 'group' | 'fan-out' | 'mapping';
  readonly reader: string;
  /** Absent where the service tells of the stream as a whole. */
  readonly shardId?: string;
  readonly owner?: string;
  /** free: nobody reads it; waiting: its parents come first; unknown: nothing has been measured. */
  readonly state: 'reading' | 'free' | 'waiting' | 'finished' | 'unknown';
  /** Age of the oldest record that is not handled yet, milliseconds. */
  readonly behindMs?: number;
  /** Stored records not handled yet. */
  readonly records?: number;
  /** Whether they were counted; else they are reckoned. */
  readonly exact?: boolean;
  /** The sequence number everything up to which is handled. */
  readonly checkpoint?: string;
  /** Partition keys put aside. */
  readonly parkedKeys?: number;
}

/** `1.2 s`, `5 m 10 s`, `3 h 4 m`. */
export function showDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${Math.floor(seconds % 60)} s`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} m` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}
