type Place = 'handler' | 'sink';

/** What is wrong with users' own code at the moment. */
export class Troubles {
  readonly #rates: Record<Place, number> = { handler: 0, sink: 0 };
  #healed = false;

  /** Whether everything is well again, and stays so. */
  get healed(): boolean {
    return this.#healed;
  }

  /** The share of calls that fail. */
  failureRate(where: Place): number {
    return this.#healed ? 0 : this.#rates[where];
  }

  begin(where: Place, rate: number): void {
    this.#rates[where] = rate;
  }

  end(where: Place): void {
    this.#rates[where] = 0;
  }

  heal(): void {
    this.#healed = true;
  }
}
