import type { ObjectCompression } from './channel-settings.ts';

/** An object as a channel delivers it. */
export interface DeliveredObject {
  readonly bucket: string;
  readonly key: string;
  readonly body: Uint8Array;
  /** How the body is to be compressed; the key has the extension for it. */
  readonly compression: ObjectCompression;
}

/** Takes what channels deliver. Injected: the engine knows no files. */
export interface BucketStore {
  /** Compressions it can do. */
  readonly compressions: readonly ObjectCompression[];
  /** Throws when the object cannot be kept; the channel fails then. */
  put(object: DeliveredObject): void;
}
