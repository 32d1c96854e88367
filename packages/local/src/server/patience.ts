/** How long a connection may take, in milliseconds of the machine's own time. */
export interface Patience {
  /** Until its first bytes tell which HTTP it speaks. */
  readonly firstBytesMs: number;
  /** For the headers of a request. */
  readonly headersMs: number;
  /** For a whole request. */
  readonly requestMs: number;
  /** Between requests, over HTTP/1.1. Longer than clients keep a connection they do not use. */
  readonly idleMs: number;
}

export const defaultPatience: Patience = {
  firstBytesMs: 30_000,
  headersMs: 15_000,
  requestMs: 120_000,
  idleMs: 90_000,
};
