import type { BucketStore } from './bucket-store.ts';
import { ChannelDelivery } from './channel-delivery.ts';
import type { ChannelLogging } from './channel-settings.ts';
import { Channel, type ChannelInit } from './channel.ts';
import type { EngineOptions } from './options.ts';
import { captureChannel, restoreChannel } from './channel-state.ts';
import type { ChannelState } from './state.ts';
import { invalidArgument, ServiceError } from './service-error.ts';
import type { Stream } from './stream.ts';

/** What channels need of the engine. */
export interface ChannelsContext {
  readonly options: EngineOptions;
  readonly now: number;
  after(delayMs: number, task: () => void): void;
  /** Called when something else than records changed. */
  changed(): void;
  find(name: string): Stream | undefined;
}

export interface ChannelChange {
  readonly freshnessSeconds?: number | undefined;
  readonly logging?: ChannelLogging | undefined;
}

/** The channels of the account. */
export class Channels {
  readonly #context: ChannelsContext;
  readonly #store: BucketStore | undefined;
  readonly #channels = new Map<string, Channel>();
  readonly #deliveries = new Map<Channel, ChannelDelivery>();

  constructor(context: ChannelsContext, store: BucketStore | undefined) {
    this.#context = context;
    this.#store = store;
  }

  /** By name. */
  get all(): readonly Channel[] {
    return [...this.#channels.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  of(stream: Stream): readonly Channel[] {
    return this.all.filter((channel) => channel.stream === stream);
  }

  /** Throws `InvalidArgumentException` when there is nowhere to deliver to. */
  checkEmulated(): BucketStore {
    if (this.#store !== undefined) return this.#store;
    throw invalidArgument(
      'Channels are not emulated unless the embedded Kinesis is given the option channelFolder: a folder that ' +
        'stands in for S3.',
    );
  }

  /** Throws `ResourceNotFoundException`. */
  find(arn: string): Channel {
    const channel = this.all.find((one) => one.arn === arn);
    if (channel !== undefined) return channel;
    throw new ServiceError('ResourceNotFoundException', `Channel ${arn} not found.`);
  }

  /** Throws `ResourceInUseException` for a name taken, `LimitExceededException` for a stream that has a channel. */
  create(init: Omit<ChannelInit, 'id' | 'arn' | 'createdAt'>): Channel {
    const { accountId, region, createStreamMs } = this.#context.options;
    const store = this.checkEmulated();
    if (this.#channels.has(init.name)) {
      throw new ServiceError(
        'ResourceInUseException',
        `Channel ${init.name} under account ${accountId} already exists.`,
      );
    }
    if (this.of(init.stream).length > 0) {
      throw new ServiceError(
        'LimitExceededException',
        `Stream ${init.stream.name} under account ${accountId} already has a channel to Amazon S3. The limit is 1.`,
      );
    }
    const id = this.#createId();
    const arn = `arn:aws:kinesis:${region}:${accountId}:channel/${init.name}/${id}`;
    const channel = new Channel({ ...init, id, arn, createdAt: this.#context.now });
    this.#channels.set(init.name, channel);
    this.#context.after(createStreamMs, () => {
      if (channel.status === 'CREATING') this.#activate(channel, store);
    });
    return channel;
  }

  /** Throws `ResourceInUseException` unless ACTIVE. */
  update(channel: Channel, change: ChannelChange): void {
    this.#checkActive(channel);
    channel.status = 'UPDATING';
    this.#context.after(this.#context.options.updateStreamMs, () => {
      if (channel.status !== 'UPDATING') return;
      channel.status = 'ACTIVE';
      channel.freshnessSeconds = change.freshnessSeconds ?? channel.freshnessSeconds;
      channel.logging = change.logging ?? channel.logging;
    });
  }

  /** What waits is delivered first. */
  delete(channel: Channel): void {
    this.#end(channel);
    channel.status = 'DELETING';
    this.#context.after(this.#context.options.deleteStreamMs, () => {
      if (this.#channels.get(channel.name) === channel) this.#channels.delete(channel.name);
    });
  }

  /** Delivers at once what waits in every channel. */
  flush(): void {
    for (const delivery of this.#deliveries.values()) delivery.flush();
  }

  capture(): readonly ChannelState[] {
    return this.all.filter(({ status }) => status !== 'DELETING').map(captureChannel);
  }

  /**
   * Takes over the channels of an earlier life, each where it got to: what it had written but not noted is written
   * again. Those whose folder is not given any more FAILED.
   */
  restore(states: readonly ChannelState[]): void {
    for (const state of states) {
      const stream = this.#context.find(state.stream);
      if (stream === undefined) continue;
      const channel = restoreChannel(state, stream);
      this.#channels.set(channel.name, channel);
      if (channel.status === 'FAILED') continue;
      if (this.#store === undefined) {
        channel.status = 'FAILED';
        channel.statusReason = 'The embedded Kinesis was started again without the option channelFolder.';
      } else this.#deliver(channel, this.#store).resume();
    }
  }

  /** Delivers what waits and stops. */
  close(): void {
    for (const channel of this.#deliveries.keys()) this.#end(channel);
  }

  /** From now on: what is in the stream already is not delivered. */
  #activate(channel: Channel, store: BucketStore): void {
    for (const shard of channel.stream.shards(this.#context.now)) {
      channel.positions.set(shard.index, shard.log.next);
    }
    this.#deliver(channel, store);
  }

  #deliver(channel: Channel, store: BucketStore): ChannelDelivery {
    const { clock } = this.#context.options;
    const context = this.#context;
    channel.status = 'ACTIVE';
    const delivery = new ChannelDelivery(channel, {
      get now() {
        return context.now;
      },
      random: () => clock.random(),
      timer: (delayMs, task) => clock.timer(delayMs, task),
      store,
      changed: () => context.changed(),
    });
    this.#deliveries.set(channel, delivery);
    return delivery;
  }

  #end(channel: Channel): void {
    const delivery = this.#deliveries.get(channel);
    this.#deliveries.delete(channel);
    delivery?.flush();
    delivery?.[Symbol.dispose]();
  }

  #checkActive(channel: Channel): void {
    if (channel.status === 'ACTIVE') return;
    throw new ServiceError(
      'ResourceInUseException',
      `Channel ${channel.name} under account ${this.#context.options.accountId} not ACTIVE, instead in state ` +
        channel.status,
    );
  }

  #createId(): string {
    const { clock } = this.#context.options;
    const digits = (length: number): string =>
      Math.floor(clock.random() * 16 ** length)
        .toString(16)
        .padStart(length, '0');
    return `${digits(8)}-${digits(4)}-4${digits(3)}-a${digits(3)}-${digits(12)}`;
  }
}
