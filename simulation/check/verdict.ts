/** What must hold all along. */
export type Invariant =
  | 'acknowledged records are handled'
  | 'what is handled was put'
  | 'keys are handled in order'
  | 'keys are stored in order'
  | 'a receipt tells the place'
  | 'records are where their hash key says'
  | 'what retention took is told'
  | 'stored once when told so'
  | 'no delivery behind the checkpoint'
  | 'no delivery without a lease'
  | 'a checkpoint passes nothing unhandled'
  | 'checkpoints never go back'
  | 'one writer a lease'
  | 'a holder is not turned away'
  | 'leases outlive their shards'
  | 'parents first'
  | 'a parked key is left alone'
  | 'poison goes where the policy says'
  | 'memory is bounded'
  | 'every put settles'
  | 'every run ends'
  | 'the fleet settles'
  | 'a closed worker leaves its leases stored and free'
  | 'nothing keeps a process that has closed'
  | 'workers end only for a reason';

export interface Violation {
  readonly invariant: Invariant;
  readonly message: string;
  /** Keys, shards and leases it is about, to find them in the trace. */
  readonly subjects: readonly string[];
  readonly at: number;
}

/** Collects what did not hold. */
export class Verdict {
  readonly #now: () => number;
  #violation: Violation | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The first; what follows it may only be its consequence. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  broken(invariant: Invariant, message: string, subjects: readonly string[] = []): void {
    this.#violation ??= { invariant, message, subjects, at: this.#now() };
  }
}
