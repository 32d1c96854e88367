import type { Writable } from 'node:stream';

/** Stdout: data and nothing else. A reader that goes away (`| head -1`) is not an error. */
export class Output {
  readonly #stream: Writable;
  readonly #broken = new AbortController();
  #failure: Error | undefined;
  #drained: Promise<void> | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE' && error.code !== 'ERR_STREAM_DESTROYED') this.#failure ??= error;
      this.#broken.abort();
    });
  }

  /** Fires when nobody reads any more. */
  get broken(): AbortSignal {
    return this.#broken.signal;
  }

  /** Writes, and resolves when there is room for more. Throws what the stream failed with, unless its reader went away. */
  async write(chunk: string | Uint8Array): Promise<void> {
    this.push(chunk);
    await this.ready();
    if (this.#failure !== undefined) throw this.#failure;
  }

  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  /** Writes without waiting; call {@link Output.ready} before the next. */
  push(chunk: string | Uint8Array): void {
    if (this.#broken.signal.aborted || this.#stream.write(chunk)) return;
    this.#drained ??= this.#drain();
  }

  /** Resolves when there is room. */
  async ready(): Promise<void> {
    await this.#drained;
  }

  /** Resolves when everything written has been handed to the system. Throws as {@link Output.write}. */
  async flush(): Promise<void> {
    if (!this.#broken.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#stream.write('', () => resolve());
        this.#broken.signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  #drain(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#stream.off('drain', done);
        this.#broken.signal.removeEventListener('abort', done);
        this.#drained = undefined;
        resolve();
      };
      this.#stream.once('drain', done);
      this.#broken.signal.addEventListener('abort', done, { once: true });
    });
  }
}
