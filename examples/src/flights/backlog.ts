import type { Flight } from './flights.ts';

/** What has been sent and not yet processed, to tell how old the oldest of it is. */
export class Backlog {
  #flights: Pick<Flight, 'id' | 'sentAt'>[] = [];
  #head = 0;

  add({ id, sentAt }: Flight): void {
    this.#flights.push({ id, sentAt });
  }

  /** Milliseconds since the oldest flight not yet processed was put; 0 when there is none. */
  age(now: number, isProcessed: (id: number) => boolean): number {
    let oldest = this.#flights[this.#head];
    while (oldest !== undefined && isProcessed(oldest.id)) oldest = this.#flights[++this.#head];
    this.#flights = this.#flights.slice(this.#head);
    this.#head = 0;
    return oldest === undefined ? 0 : Math.max(0, now - oldest.sentAt);
  }
}
