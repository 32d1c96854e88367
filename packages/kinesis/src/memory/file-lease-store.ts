import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';

import { MillraceError } from '../errors.ts';
import type { LeaseStore } from '../lease/lease-store.ts';
import { decodeLeases, encodeLeases } from './lease-file.ts';
import { createMemoryLeaseStore } from './lease-store.ts';

/**
 * Leases of one consumer group in a file, for a program that reads a whole stream alone and remembers where it stopped: no
 * table, and no other process may use the file.
 *
 * A write is done when it is on the disk. The file is replaced as a whole (written beside it, flushed, renamed), so that after
 * a crash at any moment it holds either the leases before or those after. Writes that come together go to the disk together.
 *
 * Calls reject with `DATA_DAMAGED` when the file cannot be read as leases, with `SERVICE_FAILED` (retryable) when the disk fails.
 *
 * @example
 * ```ts
 * const connection = { ...connect(), leases: (group: string) => createFileLeaseStore(`./${group}.leases.json`) };
 * const consumer = createConsumer(orders, connection, { group: 'billing', from: 'oldest' });
 * ```
 */
export function createFileLeaseStore(path: string): LeaseStore {
  const file = new LeaseFile(path);
  return {
    async prepare() {
      await file.store();
    },
    list: async () => (await file.store()).list(),
    get: async (...given) => (await file.store()).get(...given),
    create: (...given) => file.write((store) => store.create(...given)),
    renew: (...given) => file.write((store) => store.renew(...given)),
    take: (...given) => file.write((store) => store.take(...given)),
    requestHandOff: (...given) => file.write((store) => store.requestHandOff(...given)),
    withdrawHandOff: (...given) => file.write((store) => store.withdrawHandOff(...given)),
    checkpoint: (...given) => file.write((store) => store.checkpoint(...given)),
    release: (...given) => file.write((store) => store.release(...given)),
    delete: (...given) => file.write((store) => store.delete(...given)),
  };
}

class LeaseFile {
  readonly #path: string;
  #opened: Promise<LeaseStore> | undefined;
  #saving: Promise<void> = Promise.resolve();
  /** The save that will hold what is written from now on; it has not begun. */
  #next: Promise<void> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** What the file holds, read when first asked for. */
  store(): Promise<LeaseStore> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async write<T>(change: (store: LeaseStore) => Promise<T>): Promise<T> {
    const store = await this.store();
    const answer = await change(store);
    this.#next ??= this.#saveAfter(this.#saving, store);
    await this.#next;
    return answer;
  }

  #saveAfter(before: Promise<void>, store: LeaseStore): Promise<void> {
    const saved = before
      .catch(() => {})
      .then(() => {
        this.#next = undefined;
        return this.#save(store);
      });
    this.#saving = saved;
    return saved;
  }

  async #open(): Promise<LeaseStore> {
    const store = createMemoryLeaseStore();
    for (const lease of decodeLeases(await this.#read(), this.#path)) await store.create(lease);
    return store;
  }

  async #read(): Promise<string | undefined> {
    try {
      return await readFile(this.#path, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.#failed('read', error);
    }
  }

  async #save(store: LeaseStore): Promise<void> {
    const beside = `${this.#path}.new`;
    try {
      const file = await open(beside, 'w', 0o600);
      try {
        await file.writeFile(encodeLeases(await store.list()));
        await file.datasync();
      } finally {
        await file.close();
      }
      await rename(beside, this.#path);
      // The name is kept by the folder.
      const folder = await open(dirname(this.#path), 'r');
      try {
        await folder.datasync();
      } finally {
        await folder.close();
      }
    } catch (error) {
      throw this.#failed('written', error);
    }
  }

  #failed(what: string, cause: unknown): MillraceError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new MillraceError('SERVICE_FAILED', `The leases could not be ${what}: ${reason}.`, {
      advice: `See that ${dirname(this.#path)} is there, may be written to and has room.`,
      retryable: true,
      path: this.#path,
      cause,
    });
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
