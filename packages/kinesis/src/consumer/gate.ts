import { Bell } from '../runtime/bell.ts';

/** Open, or closed with those who wait for it to open. */
export class Gate {
  readonly #bell = new Bell();
  #closed = false;

  get closed(): boolean {
    return this.#closed;
  }

  close(): void {
    this.#closed = true;
  }

  open(): void {
    this.#closed = false;
    this.#bell.ring();
  }

  /** What to wait for before going on; undefined when it is open. `signal` ends the waiting. */
  pass(signal: AbortSignal): Promise<void> | undefined {
    return this.#closed && !signal.aborted ? this.#wait(signal) : undefined;
  }

  async #wait(signal: AbortSignal): Promise<void> {
    const onAbort = (): void => this.#bell.ring();
    signal.addEventListener('abort', onAbort, { once: true });
    while (this.#closed && !signal.aborted) await this.#bell.wait();
    signal.removeEventListener('abort', onAbort);
  }
}
