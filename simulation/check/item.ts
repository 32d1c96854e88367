import { MillraceError, type StreamDefinition } from '@millrace/kinesis';

/** A value put into the stream. */
export interface Item {
  /** Unique, and inside the bytes. */
  readonly id: string;
  readonly key: string;
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

export const streamName = 'steps';

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

/** The stream all processes share. */
export function itemStream({ promised, mended }: ItemStreamOptions): StreamDefinition<Item, Value> {
  const decode = (bytes: Uint8Array): Value => {
    const id = idIn(bytes);
    if (bytes[id.length + 1] === 0x21 || mended()) return { id };
    throw new MillraceError('VALUE_INVALID', `${id} is garbled.`, { advice: 'It was put so on purpose.' });
  };
  return {
    name: streamName,
    encode: ({ key, bytes }) => ({ partitionKey: key, data: bytes }),
    decode: promised ? async (bytes) => decode(bytes) : decode,
  };
}
