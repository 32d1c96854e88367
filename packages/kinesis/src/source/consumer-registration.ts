import { isMillraceError } from '../errors.ts';
import { aborted, sleep, systemClock, type Clock } from '../runtime/clock.ts';
import { publish } from '../runtime/diagnostics.ts';
import { notActive } from './fan-out-error.ts';
import type { FanOut, StreamConsumer } from './fan-out.ts';
import type { ShardReader } from './shard-reader.ts';
import { within } from './waiting.ts';

/** What registering needs of a connection. */
export interface FanOutConnection {
  readonly fanOut: FanOut;
  readonly reader: Pick<ShardReader, 'describeStream'>;
}

export interface RegistrationOptions {
  readonly stream: string;
  /** 1 to 128 letters, digits, dots, hyphens and underscores; unique in the stream. */
  readonly name: string;
  readonly signal?: AbortSignal;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

const pollMs = 500;
const activeTimeoutMs = 120_000;

/**
 * Registers a consumer for enhanced fan-out, unless the stream has it already, and waits until it is ACTIVE. Safe to call from
 * many workers at once. It costs money until it is deregistered, whether anybody reads or not.
 *
 * Rejects with `TIMED_OUT` (retryable) after two minutes, `THROTTLED` when the stream has as many consumers as it may
 * (20, or 50), and with what the service refuses.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html}
 * @example
 * ```ts
 * const { arn } = await registerStreamConsumer(connect(), { stream: 'orders', name: 'billing' });
 * ```
 */
export async function registerStreamConsumer(
  { fanOut, reader }: FanOutConnection,
  { stream, name, signal, clock = systemClock }: RegistrationOptions,
): Promise<StreamConsumer> {
  const call = signal === undefined ? {} : { signal };
  const { arn: streamArn } = await reader.describeStream(stream, call);
  const deadline = clock.monotonic() + activeTimeoutMs;
  for (;;) {
    const found = await fanOut.describeConsumer(streamArn, name, call);
    if (found?.status === 'ACTIVE') return found;
    if (found === undefined) {
      const registered = await register(fanOut, streamArn, name, call);
      if (registered?.status === 'ACTIVE') return registered;
      publish('source:consumer-registered', () => ({ stream, name }));
    }
    if (clock.monotonic() >= deadline) throw notActive(stream, name, found?.status ?? 'CREATING');
    await sleep(clock, pollMs, signal);
  }
}

/**
 * Deregisters a consumer, so that it costs nothing more. False when the stream has none of that name.
 *
 * @see {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeregisterStreamConsumer.html}
 * @example
 * ```ts
 * await deregisterStreamConsumer(connect(), { stream: 'orders', name: 'billing' });
 * ```
 */
export async function deregisterStreamConsumer(
  { fanOut, reader }: FanOutConnection,
  { stream, name, signal }: RegistrationOptions,
): Promise<boolean> {
  const call = signal === undefined ? {} : { signal };
  const { arn } = await reader.describeStream(stream, call);
  const found = await fanOut.describeConsumer(arn, name, call);
  if (found === undefined) return false;
  await fanOut.deregisterConsumer(found.arn, call);
  publish('source:consumer-deregistered', () => ({ stream, name }));
  return true;
}

/**
 * A registration many shards share: made once, with the first that asks, and again after a failure or when forgotten. It ends
 * with the last who waits for it, or it would make calls, and perhaps the consumer anew, for a worker that has closed.
 */
export class ConsumerRegistration {
  readonly #connection: FanOutConnection;
  readonly #options: RegistrationOptions & { readonly clock: Clock };
  #shared: SharedRegistration | undefined;

  constructor(connection: FanOutConnection, options: RegistrationOptions & { readonly clock: Clock }) {
    this.#connection = connection;
    this.#options = options;
  }

  /** The ARN to subscribe with. `signal` ends the waiting, and the registering only when nobody else waits for it. */
  async arn(signal: AbortSignal): Promise<string> {
    if (signal.aborted) throw aborted(signal);
    const shared = (this.#shared ??= this.#begin());
    shared.waiting++;
    const outcome = await within(this.#options.clock, Number.POSITIVE_INFINITY, shared.arn, signal);
    shared.waiting--;
    if (outcome.type === 'settled') return outcome.value;
    if (shared.waiting === 0) {
      if (this.#shared === shared) this.#shared = undefined;
      shared.abort.abort();
    }
    throw aborted(signal);
  }

  forget(): void {
    this.#shared = undefined;
  }

  #begin(): SharedRegistration {
    const abort = new AbortController();
    const registering = registerStreamConsumer(this.#connection, { ...this.#options, signal: abort.signal });
    const shared: SharedRegistration = { arn: registering.then(({ arn }) => arn), abort, waiting: 0 };
    shared.arn.catch(() => {
      if (this.#shared === shared) this.#shared = undefined;
    });
    return shared;
  }
}

interface SharedRegistration {
  readonly arn: Promise<string>;
  readonly abort: AbortController;
  waiting: number;
}

/** Undefined when another worker was faster. */
async function register(
  fanOut: FanOut,
  streamArn: string,
  name: string,
  call: { readonly signal?: AbortSignal },
): Promise<StreamConsumer | undefined> {
  try {
    return await fanOut.registerConsumer(streamArn, name, call);
  } catch (error) {
    if (isMillraceError(error) && error.details.service === 'ResourceInUseException') return undefined;
    throw error;
  }
}
