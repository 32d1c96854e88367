import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import type { Checkpoint } from '@millrace/kinesis/lease';

import { shardName } from './item.ts';
import type { Place } from './place.ts';
import type { Verdict } from './verdict.ts';

export interface ReportsParts {
  readonly verdict: Verdict;
  /** Whether the service has the shard still; undefined when not. */
  readonly isClosed: (shard: string) => boolean | undefined;
  readonly placesOf: (shard: string, sequenceNumber: string) => readonly Place[];
  readonly isGone: (place: Place) => boolean;
}

/** What the consumers tell. */
interface Message {
  readonly stream: string;
  readonly shardId: string;
  readonly checkpoint?: Checkpoint;
}

/** Hears what consumers say about records they never saw: where that is so, and nowhere else. */
export class Reports implements Disposable {
  readonly #parts: ReportsParts;
  readonly #shards = new Set<string>();
  readonly #channels: readonly [name: string, hear: (message: unknown) => void][];

  constructor(parts: ReportsParts) {
    this.#parts = parts;
    this.#channels = [
      ['millrace:consumer:shard-trimmed', (message) => this.#shardTrimmed(message as Message)],
      ['millrace:consumer:records-trimmed', (message) => this.#recordsTrimmed(message as Message)],
    ];
    for (const [name, hear] of this.#channels) subscribe(name, hear);
  }

  /** Whether somebody said that records of the shard are lost. */
  has(shard: string): boolean {
    return this.#shards.has(shard);
  }

  [Symbol.dispose](): void {
    for (const [name, hear] of this.#channels) unsubscribe(name, hear);
  }

  #shardTrimmed({ stream, shardId }: Message): void {
    const shard = shardName(stream, shardId);
    this.#shards.add(shard);
    if (this.#parts.isClosed(shard) !== undefined) this.#untrue(shard, 'it is there');
  }

  #recordsTrimmed({ stream, shardId, checkpoint }: Message): void {
    const shard = shardName(stream, shardId);
    this.#shards.add(shard);
    const { placesOf, isGone } = this.#parts;
    const there = placesOf(shard, checkpoint?.sequenceNumber ?? '').find((place) => !isGone(place));
    if (there !== undefined) this.#untrue(shard, `${there.item.id} of its checkpoint's record is there`);
  }

  #untrue(shard: string, why: string): void {
    const message = `${shard} was said to be past its retention, and ${why}`;
    this.#parts.verdict.broken('what retention took is told', message, [shard]);
  }
}
