import type { Clock } from '@millrace/kinesis/runtime';

/** A version 4 UUID by the clock's chance: the same on every run of a manual clock. */
export function newUuid(clock: Pick<Clock, 'random'>): string {
  const digits = (length: number): string =>
    Math.floor(clock.random() * 16 ** length)
      .toString(16)
      .padStart(length, '0');
  const variant = (8 + Math.floor(clock.random() * 4)).toString(16);
  return `${digits(8)}-${digits(4)}-4${digits(3)}-${variant}${digits(3)}-${digits(6)}${digits(6)}`;
}
