import { MillraceError, type StreamDefinition } from '@millrace/kinesis';
import type { Lease } from '@millrace/kinesis/lease';

/** A value put into the stream. */
export interface Item {
  /** Unique, and inside the bytes. */
  readonly id: string;
  /** The stream it is put into. */
  readonly stream: string;
  readonly key: string;
  /** Where in the hash space it belongs, when that is not the hash of its key. */
  readonly explicitHashKey?: string | undefined;
  /** Counts up within the key's records of one producer's life. */
  readonly n: number;
  /** The producer's life and the key: where order is kept, if it is. */
  readonly series: string;
  readonly bytes: Uint8Array;
  /** `throws`: no handler can take it. `garbled`: no codec can read it. */
  readonly poison: 'none' | 'throws' | 'garbled';
}

/** What a handler is given. */
export interface Value {
  readonly id: string;
}

/** The streams of a run, by their places. */
export function streamName(index: number): string {
  return index === 0 ? 'steps' : `steps-${index + 1}`;
}

/** What a shard is called where several streams have one of that id. */
export function shardName(stream: string, shardId: string): string {
  return `${stream}/${shardId}`;
}

/** The stream a lease is of. */
export function streamOf({ streamIdentifier }: Pick<Lease, 'streamIdentifier'>): string {
  return streamIdentifier?.split(':')[1] ?? streamName(0);
}

/** The shard a lease is of. */
export function shardOf(lease: Pick<Lease, 'shardId' | 'streamIdentifier'>): string {
  return shardName(streamOf(lease), lease.shardId);
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of an item: its id, a word that says whether it can be read, and some filling. */
export function itemBytes(id: string, poison: Item['poison'], size: number): Uint8Array {
  return encoder.encode(`${id} ${poison === 'garbled' ? '?' : '!'} `.padEnd(size, '.'));
}

/** The id in the bytes of an item, readable or not. */
export function idIn(bytes: Uint8Array): string {
  const text = decoder.decode(bytes.subarray(0, 64));
  return text.slice(0, Math.max(0, text.indexOf(' ')));
}

export interface ItemStreamOptions {
  /** Whether values are decoded with a promise, as a schema may. */
  readonly promised: boolean;
  /** Whether the codec has been mended and reads even what is garbled. */
  readonly mended: () => boolean;
}

/** A stream as all processes know it. */
export function itemStream(
  name: string,
  { promised, mended }: ItemStreamOptions,
): StreamDefinition<Item, Value> {
  const decode = (bytes: Uint8Array): Value => {
    const id = idIn(bytes);
    if (bytes[id.length + 1] === 0x21 || mended()) return { id };
    throw new MillraceError('VALUE_INVALID', `${id} is garbled.`, { advice: 'It was put so on purpose.' });
  };
  return {
    name,
    encode: ({ key, explicitHashKey, bytes }) => ({
      partitionKey: key,
      data: bytes,
      ...(explicitHashKey !== undefined && { explicitHashKey }),
    }),
    decode: promised ? async (bytes) => decode(bytes) : decode,
  };
}
