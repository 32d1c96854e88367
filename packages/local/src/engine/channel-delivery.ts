import type { BucketStore } from './bucket-store.ts';
import type { Channel } from './channel.ts';
import { ChannelObject, type Reject } from './channel-object.ts';
import { objectKey } from './object-key.ts';
import { SequenceCursor } from './sequence-number.ts';
import type { Shard } from './shard.ts';

/** What delivering needs around it. */
export interface DeliveryContext {
  readonly now: number;
  random(): number;
  /** Runs `task` later; disposing takes it back. */
  timer(delayMs: number, task: () => void): Disposable;
  readonly store: BucketStore;
  /** Called when the channel got further, or failed. */
  changed(): void;
}

/**
 * Delivers what is put to a channel's stream from now on. It waits for records, then for as long as the freshness
 * allows, and writes everything there is as one object; with nothing put it does nothing, not even wake up. Its
 * reads count against no shard's rates.
 */
export class ChannelDelivery implements Disposable {
  readonly #channel: Channel;
  readonly #context: DeliveryContext;
  readonly #listeners = new Map<number, Disposable>();
  #timer: Disposable | undefined;

  constructor(channel: Channel, context: DeliveryContext) {
    this.#channel = channel;
    this.#context = context;
    this.#listen();
  }

  /** Goes on with a channel of an earlier life: something may wait already. */
  resume(): void {
    this.#woken();
  }

  /** Delivers what waits, at once. */
  flush(): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    try {
      this.#deliver();
    } catch (error) {
      this.#channel.status = 'FAILED';
      this.#channel.statusReason = error instanceof Error ? error.message : String(error);
      this[Symbol.dispose]();
    }
    this.#context.changed();
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    this.#timer = undefined;
    for (const listener of this.#listeners.values()) listener[Symbol.dispose]();
    this.#listeners.clear();
  }

  /** New shards come with a reshard, which wakes the ones it closes. */
  #listen(): void {
    for (const shard of this.#channel.stream.openShards) {
      if (!this.#listeners.has(shard.index)) {
        this.#listeners.set(
          shard.index,
          shard.onChange(() => this.#woken()),
        );
      }
    }
  }

  #woken(): void {
    this.#listen();
    this.#timer ??= this.#context.timer(this.#channel.freshnessSeconds * 1000, () => this.flush());
  }

  #deliver(): void {
    const { stream, positions, init } = this.#channel;
    let object = new ChannelObject(init.format);
    for (const shard of stream.shards(this.#context.now)) {
      const numbers = new SequenceCursor(shard.openedSecond, shard.index);
      const end = shard.log.scan(positions.get(shard.index) ?? 1, (record) => {
        const sequenceNumber = numbers.of(record);
        object.add(record.content().data, { shardId: shard.id, sequenceNumber });
        if (object.bytes >= largestObject) {
          this.#write(object);
          object = new ChannelObject(init.format);
        }
        return true;
      });
      positions.set(shard.index, end);
      this.#release(shard);
    }
    this.#write(object);
  }

  /** A closed shard that was delivered to its end is not heard from again. */
  #release(shard: Shard): void {
    if (shard.closedAt === undefined) return;
    this.#listeners.get(shard.index)?.[Symbol.dispose]();
    this.#listeners.delete(shard.index);
  }

  #write(object: ChannelObject): void {
    const { init, keyTemplate } = this.#channel;
    if (object.bytes > 0) {
      this.#context.store.put({
        bucket: bucketName(init.bucket),
        key: this.#key(keyTemplate, extensions[init.format] + endings[init.compression]),
        body: object.body(),
        compression: init.compression,
      });
    }
    if (object.rejects.length > 0) this.#reject(object.rejects);
  }

  #reject(rejects: readonly Reject[]): void {
    const { init, arn, stream } = this.#channel;
    const lines = rejects.map((reject) =>
      JSON.stringify({ channelArn: arn, streamArn: stream.arn, ...reject }),
    );
    this.#context.store.put({
      bucket: bucketName(init.deadLetters.bucket),
      key: init.deadLetters.prefix + this.#key(errorTemplate, '.json'),
      body: new TextEncoder().encode(`${lines.join('\n')}\n`),
      compression: 'NONE',
    });
  }

  #key(template: string, extension: string): string {
    const { init } = this.#channel;
    const count = String(this.#channel.objects++).padStart(6, '0');
    const chance = Math.floor(this.#context.random() * 16 ** 11)
      .toString(16)
      .padStart(11, '0');
    return objectKey(template, {
      channelName: init.name,
      channelId: init.id,
      extension,
      time: this.#context.now,
      suffix: `${count}-${chance}`,
    });
  }
}

const largestObject = 64 * 1024 * 1024;
const extensions = { JSON: '.json', STRING: '.txt', BYTE_ARRAY: '.bin' } as const;
const endings = { NONE: '', GZIP: '.gz', ZSTD: '.zst' } as const;
const errorTemplate = '!{channel-name}/!{channel-id}/!{yyyy}/!{MM}/!{dd}/!{HH}/errors-!{mm}!{extension}';

function bucketName(arn: string): string {
  return arn.slice(arn.lastIndexOf(':') + 1);
}
