import type { RecordFormat } from './channel-settings.ts';
import type { Payload } from './shard-log.ts';

/** Collects records into the body of one object, and notes those that are not of the channel's format. */
export class ChannelObject {
  readonly #format: RecordFormat;
  readonly #chunks: Uint8Array[] = [];
  readonly #rejects: Reject[] = [];
  #bytes = 0;

  constructor(format: RecordFormat) {
    this.#format = format;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Records not taken, each with why. */
  get rejects(): readonly Reject[] {
    return this.#rejects;
  }

  /**
   * Records go in as they were put. JSON and text end with a line break, so that they can be told apart again; AWS
   * does not say how it joins them.
   */
  add(payload: Payload, where: { readonly shardId: string; readonly sequenceNumber: string }): void {
    const bytes = toBytes(payload);
    const error = faultOf(this.#format, bytes);
    if (error !== undefined) {
      this.#rejects.push({ ...where, error });
      return;
    }
    this.#push(bytes);
    if (this.#format !== 'BYTE_ARRAY') this.#push(lineBreak);
  }

  body(): Uint8Array {
    return concat(this.#chunks, this.#bytes);
  }

  #push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.byteLength;
  }
}

export interface Reject {
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly error: string;
}

const lineBreak: Uint8Array = Uint8Array.of(10);

function faultOf(format: RecordFormat, bytes: Uint8Array): string | undefined {
  if (format === 'BYTE_ARRAY') return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return 'Record is not valid UTF-8.';
  }
  if (format === 'STRING') return undefined;
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    return 'Record is not valid JSON.';
  }
}

function toBytes(payload: Payload): Uint8Array {
  return typeof payload === 'string' ? Uint8Array.from(atob(payload), byteOf) : payload;
}

function byteOf(letter: string): number {
  return letter.charCodeAt(0);
}

function concat(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.byteLength;
  }
  return all;
}
