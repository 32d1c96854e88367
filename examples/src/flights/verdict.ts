import type { Delivery } from './ledger.ts';

/** What came of a run. Everything is counted, nothing assumed. */
export interface Verdict {
  /** Flights whose put was acknowledged. */
  readonly sent: number;
  /** Different flights found in the stream by reading it again from the beginning. */
  readonly stored: number;
  /** Different flights the workers wrote down. */
  readonly processed: number;
  /** Flights sent and not processed. */
  readonly lost: number;
  /** First deliveries that came after a later flight of the same airport. */
  readonly orderViolations: number;
  /** Deliveries of a flight that had been delivered before. */
  readonly duplicates: number;
  /** From put to the handler's end, first deliveries only, milliseconds. */
  readonly latencyMs: { readonly p50: number; readonly p99: number };
  readonly seconds: number;
}

/** Collects deliveries in the order they happened and judges them against what was sent, flight by flight. */
export class Tally {
  readonly #seen = new Set<number>();
  readonly #latencies: number[] = [];
  readonly #deliveries: Delivery[] = [];
  #duplicates = 0;

  /** Deliveries one worker wrote down, in its order. */
  add(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      if (this.#seen.has(delivery.id)) this.#duplicates++;
      else {
        this.#seen.add(delivery.id);
        this.#latencies.push(delivery.handledAt - delivery.sentAt);
      }
      this.#deliveries.push(delivery);
    }
  }

  get processed(): number {
    return this.#seen.size;
  }

  has(id: number): boolean {
    return this.#seen.has(id);
  }

  judge(sent: ReadonlySet<number>, stored: ReadonlySet<number>, seconds: number): Verdict {
    let lost = 0;
    for (const id of sent) if (!this.#seen.has(id)) lost++;
    const latencies = Float64Array.from(this.#latencies).toSorted();
    return {
      sent: sent.size,
      stored: stored.size,
      processed: this.#seen.size,
      lost,
      orderViolations: countViolations(this.#deliveries),
      duplicates: this.#duplicates,
      latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
      seconds: Math.round(seconds * 10) / 10,
    };
  }
}

/** Deliveries of different workers are put side by side by the clock they share; those of one keep the order it wrote. */
function countViolations(deliveries: readonly Delivery[]): number {
  const inTime = deliveries.toSorted((a, b) => a.handledAt - b.handledAt);
  const newest = new Map<string, number>();
  const seen = new Set<number>();
  let violations = 0;
  for (const { id, origin } of inTime) {
    if (seen.has(id)) continue;
    seen.add(id);
    const last = newest.get(origin) ?? -1;
    if (id < last) violations++;
    else newest.set(origin, id);
  }
  return violations;
}

function percentile(sorted: Float64Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
