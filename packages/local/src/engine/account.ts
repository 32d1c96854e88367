import { ServiceError } from './service-error.ts';

export type CommitmentStatus = 'DISABLED' | 'ENABLED' | 'ENABLED_UNTIL_EARLIEST_ALLOWED_END';

/** The account's commitment to a minimum of throughput, as of a moment. Times in milliseconds since the epoch. */
export interface Commitment {
  readonly status: CommitmentStatus;
  readonly startedAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly earliestAllowedEndAt: number | undefined;
}

/**
 * What is set for the whole account. The commitment holds for a day at least: ended earlier it runs on to the end of
 * that day, and enabling it again before then takes the ending back.
 */
export class Account {
  #commitment: Commitment = {
    status: 'DISABLED',
    startedAt: undefined,
    endedAt: undefined,
    earliestAllowedEndAt: undefined,
  };

  /** Takes over what was set in an earlier life. */
  restore(commitment: Commitment): void {
    this.#commitment = commitment;
  }

  commitment(now: number): Commitment {
    const { status, earliestAllowedEndAt: end } = this.#commitment;
    if (status === 'ENABLED_UNTIL_EARLIEST_ALLOWED_END' && end !== undefined && end <= now) this.#end(end);
    return this.#commitment;
  }

  enable(now: number): void {
    const current = this.commitment(now);
    this.#commitment =
      current.status === 'DISABLED'
        ? { status: 'ENABLED', startedAt: now, endedAt: undefined, earliestAllowedEndAt: now + leastMs }
        : { ...current, status: 'ENABLED' };
  }

  disable(now: number): void {
    const current = this.commitment(now);
    if (current.status === 'DISABLED') return;
    if ((current.earliestAllowedEndAt ?? 0) <= now) this.#end(now);
    else this.#commitment = { ...current, status: 'ENABLED_UNTIL_EARLIEST_ALLOWED_END' };
  }

  /** Throws `ValidationException` unless warm throughput may be set. */
  checkWarmThroughput(now: number): void {
    if (this.commitment(now).status !== 'DISABLED') return;
    throw new ServiceError(
      'ValidationException',
      'Warm throughput is only supported for accounts that have MinimumThroughputBillingCommitment enabled.',
    );
  }

  #end(at: number): void {
    this.#commitment = {
      status: 'DISABLED',
      startedAt: this.#commitment.startedAt,
      endedAt: at,
      earliestAllowedEndAt: undefined,
    };
  }
}

const leastMs = 86_400_000;
