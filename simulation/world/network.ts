import { MillraceError } from '@millrace/kinesis';
import { aborted } from '@millrace/kinesis/runtime';

import type { Fault, Mishap, Port } from '../plan/fault.ts';
import type { Random } from '../plan/random.ts';
import { never, type Life } from './life.ts';
import type { Timeline } from './timeline.ts';
import type { Trace } from './trace.ts';

type Weather = Extract<Fault, { readonly kind: 'weather' }>;
type Crash = Extract<Fault, { readonly kind: 'crash' }>;

/** A call as it goes over the wire. */
export interface Call<T> {
  readonly life: Life;
  readonly port: Port;
  readonly operation: string;
  /** The shard, lease or stream it is about. */
  readonly subject: string;
  readonly signal?: AbortSignal | undefined;
  /** What the service does, once the request has reached it. */
  readonly effect: () => Promise<T>;
}

export interface NetworkParts {
  readonly timeline: Timeline;
  readonly trace: Trace;
  readonly random: Random;
  readonly counted: (kind: string) => void;
}

/** Milliseconds a request or an answer takes when nothing is wrong. */
const usualMs = 8;
/** What a client waits for an answer that does not come. */
const timeoutMs = { least: 500, most: 4000 } as const;

/**
 * Carries every call between a process and the stream or the lease store. A call is two journeys: of the request, which
 * reaches the service whatever becomes of the caller meanwhile, and of the answer, which reaches only a caller that lives
 * and is awake. Here calls get lost, late, refused and overtaken, and here processes die on the way.
 */
export class Network {
  readonly #parts: NetworkParts;
  readonly #weather = new Set<Weather>();
  readonly #doomed = new Map<Life, { readonly crash: Crash; readonly strike: () => void; left: number }>();
  #quietAt = 0;

  constructor(parts: NetworkParts) {
    this.#parts = parts;
  }

  /** When the last call that met with a mishap is over. */
  get quietAt(): number {
    return this.#quietAt;
  }

  begin(weather: Weather): void {
    this.#weather.add(weather);
  }

  end(weather: Weather): void {
    this.#weather.delete(weather);
  }

  /** `strike` is called in the middle of the so manieth call from now on. */
  doom(life: Life, crash: Crash, strike: () => void): void {
    this.#doomed.set(life, { crash, strike, left: crash.onCall?.count ?? 1 });
  }

  /** Everything arrives from now on, and nobody is doomed any more. */
  heal(): void {
    this.#weather.clear();
    this.#doomed.clear();
  }

  /** The share of PutRecords entries to refuse now. */
  get refusedEntries(): number {
    return Math.max(0, ...[...this.#weather].map(({ mishap, rate }) => (mishap === 'entries' ? rate : 0)));
  }

  /** How far a listing of shards answered now is behind. */
  listingBehindMs(): number {
    const { random, counted } = this.#parts;
    for (const { mishap, rate, delayMs } of this.#weather) {
      if (mishap !== 'stale' || !random.chance(rate)) continue;
      counted(mishap);
      return delayMs;
    }
    return 0;
  }

  call<T>(call: Call<T>): Promise<T> {
    const { life, signal } = call;
    if (life.dead) return never();
    if (signal?.aborted === true) return Promise.reject(aborted(signal));
    const strike = this.#doom(call);
    if (strike?.when === 'before') {
      strike.now();
      return never();
    }
    const { timeline } = this.#parts;
    const mishap = this.#mishap(call);
    return new Promise<T>((resolve, reject) => {
      const onAbort = (): void => reject(aborted(signal));
      signal?.addEventListener('abort', onAbort, { once: true });
      const answer = (delayMs: number, settle: () => void, outcome: string): void => {
        const arrive = (): void => {
          signal?.removeEventListener('abort', onAbort);
          this.#note(call, outcome);
          settle();
        };
        if (mishap !== undefined) this.#quietAt = Math.max(this.#quietAt, timeline.now + delayMs);
        timeline.after(delayMs, arrive, life, 'answer');
      };
      const fail = (delayMs: number, error: MillraceError): void =>
        answer(delayMs, () => reject(error), error.code);
      const error = errorOf(mishap, call);
      if (mishap === 'silent' && call.operation === 'event') return;
      if (error !== undefined && mishap !== 'lost') {
        fail(mishap === 'silent' ? this.#patience() : this.#journey(mishap), error);
        if (strike !== undefined) timeline.after(0, strike.now);
        return;
      }
      const journey = this.#journey(mishap);
      if (mishap !== undefined) this.#quietAt = Math.max(this.#quietAt, timeline.now + 2 * journey);
      timeline.after(journey, () => {
        if (life.dead && life.wire === 'cut') return;
        this.#note(call, 'arrives');
        const serve = async (): Promise<void> => {
          try {
            const value = await call.effect();
            if (error === undefined) answer(this.#journey(mishap), () => resolve(value), 'answered');
            else fail(this.#patience(), error);
          } catch (refusal) {
            answer(this.#journey(mishap), () => reject(asError(refusal)), 'refused');
          }
        };
        void serve();
        strike?.now();
      });
    });
  }

  /** The crash that is due with this call. */
  #doom({
    life,
    port,
  }: Call<unknown>): { readonly when: 'before' | 'after'; readonly now: () => void } | undefined {
    const doomed = this.#doomed.get(life);
    if (doomed?.crash.onCall?.port !== port || --doomed.left > 0) return undefined;
    this.#doomed.delete(life);
    return { when: doomed.crash.onCall.when, now: doomed.strike };
  }

  #mishap({ life, port, operation }: Call<unknown>): Mishap | undefined {
    const { random, counted } = this.#parts;
    if (life.machine.unreachable.has(port)) return random.chance(0.5) ? 'silent' : 'refused';
    for (const weather of this.#weather) {
      if (weather.port !== port || weather.mishap === 'entries' || weather.mishap === 'stale') continue;
      if (weather.mishap === 'expired' && operation !== 'read') continue;
      if (weather.operation !== undefined && weather.operation !== operation) continue;
      if (!random.chance(weather.rate)) continue;
      counted(weather.mishap);
      return weather.mishap;
    }
    return undefined;
  }

  #journey(mishap: Mishap | undefined): number {
    const { random } = this.#parts;
    if (mishap !== 'slow') return 1 + random.next() * usualMs;
    const longest = Math.max(...[...this.#weather].map(({ delayMs }) => delayMs), usualMs);
    return random.next() * longest;
  }

  #patience(): number {
    return this.#parts.random.between(timeoutMs.least, timeoutMs.most);
  }

  #note({ life, operation, subject }: Call<unknown>, outcome: string): void {
    this.#parts.trace.note(this.#parts.timeline.now, life.name, operation, subject, () => outcome);
  }
}

function errorOf(
  mishap: Mishap | undefined,
  { operation, subject }: Call<unknown>,
): MillraceError | undefined {
  const about = `${operation} of ${subject}`;
  const advice = 'It is a fault of the simulation.';
  if (mishap === 'expired') {
    return new MillraceError('ITERATOR_EXPIRED', `The iterator is too old: ${about}.`, { advice });
  }
  if (mishap === 'throttled') {
    return new MillraceError('THROTTLED', `Too many calls: ${about}.`, { advice, retryable: true });
  }
  if (mishap === 'failed') {
    return new MillraceError('SERVICE_FAILED', `500: ${about}.`, { advice, retryable: true });
  }
  if (mishap === 'refused' || mishap === 'silent' || mishap === 'lost') {
    const message = `No answer (${mishap}): ${about}.`;
    return new MillraceError('ENDPOINT_UNREACHABLE', message, { advice, retryable: true });
  }
  return undefined;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
