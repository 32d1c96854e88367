import type { Clock } from '@millrace/kinesis/runtime';

/** Makes request ids of the service's form, different for every call and the same on every run of a manual clock. */
export function createRequestIds(clock: Pick<Clock, 'random'>): () => string {
  const digits = (length: number): string =>
    Math.floor(clock.random() * 16 ** length)
      .toString(16)
      .padStart(length, '0');
  const prefix = `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-`;
  let count = 0;
  return () => prefix + (++count).toString(16).padStart(12, '0');
}
