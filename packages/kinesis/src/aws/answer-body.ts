import { release } from './http-message.ts';

/** From so many bytes on, data is worth leaving where it stands. */
const worthBytes = 2048;

/**
 * The body of an answer with records. Large data, as aggregates are, is copied out of it only when it is asked for: the copy is
 * then used up while it is young, which costs the garbage collector nothing, where all the data of an answer would grow old together.
 * The room of the body is free again when nothing stands in it any more that somebody may ask for.
 */
export class AnswerBody {
  readonly bytes: Buffer;
  /** Bytes of data found in it. */
  dataBytes = 0;
  /** The one who reads it, and the data nobody has asked for. */
  #holders = 1;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** The data at that place, or what answers it. */
  data(start: number, length: number): Uint8Array | (() => Uint8Array) {
    this.dataBytes += length;
    if (length < worthBytes) return this.#copy(start, length);
    this.#holders++;
    let copy: Uint8Array | undefined;
    return () => {
      if (copy === undefined) {
        copy = this.#copy(start, length);
        this.letGo();
      }
      return copy;
    };
  }

  /** Data that is had from it in a way of its own. */
  copied(data: Uint8Array): Uint8Array {
    this.dataBytes += data.length;
    return data;
  }

  /** The one who read it is done. */
  letGo(): void {
    if (--this.#holders === 0) release(this.bytes);
  }

  #copy(start: number, length: number): Uint8Array {
    const { buffer, byteOffset } = Buffer.allocUnsafe(length);
    const copy = new Uint8Array(buffer, byteOffset, length);
    copy.set(this.bytes.subarray(start, start + length));
    return copy;
  }
}
