/** From when on a stream's records are encrypted, and with what. */
export interface EncryptionChange {
  /** Records that arrive at this time or later, milliseconds since the epoch. */
  readonly from: number;
  /** As given to StartStreamEncryption; undefined once encryption stopped. */
  readonly keyId: string | undefined;
}

/** The key records arriving at `time` are encrypted with, undefined for none. `changes` in the order they were made. */
export function keyAt(changes: readonly EncryptionChange[], time: number): string | undefined {
  for (let at = changes.length - 1; at >= 0; at--) {
    const change = changes[at];
    if (change !== undefined && change.from <= time) return change.keyId;
  }
  return undefined;
}

/**
 * `changes` and one more. It holds for what arrives after the stream's last record, so that no record already there
 * changes what it says of itself; the service takes up to five seconds for that.
 */
export function withEncryption(
  changes: readonly EncryptionChange[],
  keyId: string | undefined,
  now: number,
  lastArrival: number,
): readonly EncryptionChange[] {
  return [...changes, { from: Math.max(now, lastArrival + 1), keyId }];
}
