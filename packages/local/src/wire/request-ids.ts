import type { Clock } from '@millrace/kinesis/runtime';

/** What every answer is named by, different for every call and the same on every run of a manual clock. */
export interface RequestIds {
  /** Of the form of every AWS service's `x-amzn-RequestId`. */
  next(): string;
  /** Of the form of Kinesis' `x-amz-id-2`, of the same call. */
  extended(): string;
}

export function createRequestIds(clock: Pick<Clock, 'random'>): RequestIds {
  const digits = (length: number): string =>
    Math.floor(clock.random() * 16 ** length)
      .toString(16)
      .padStart(length, '0');
  const prefix = `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-`;
  // 80 bytes as base64: those in front are the server's, the last the call's.
  const server = btoa(prefix.repeat(3));
  let count = 0;
  return {
    next: () => prefix + (++count).toString(16).padStart(12, '0'),
    extended: () => `${server}${count.toString(16).padStart(11, '0')}=`,
  };
}
