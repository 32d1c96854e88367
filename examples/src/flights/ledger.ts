import { closeSync, openSync, readSync, writeSync } from 'node:fs';

import type { StreamRecord } from '@millrace/kinesis';

import type { Flight } from './flights.ts';

/** One delivery of one flight to a handler, as the worker wrote it down. */
export interface Delivery {
  readonly id: number;
  readonly origin: string;
  readonly sentAt: number;
  readonly handledAt: number;
}

/**
 * Where a worker writes down what its handler received. A batch is written with one call before the handler returns, so
 * what a checkpoint covers is in the file even if the process is killed the moment after.
 */
export class LedgerWriter implements Disposable {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, 'a');
  }

  write(records: readonly StreamRecord<Flight>[], handledAt: number): void {
    let lines = '';
    for (const { value } of records) lines += `${value.id} ${value.origin} ${value.sentAt} ${handledAt}\n`;
    writeSync(this.#file, lines);
  }

  [Symbol.dispose](): void {
    closeSync(this.#file);
  }
}

/** Reads a ledger as it grows: each call answers the deliveries written since the last. */
export class LedgerReader implements Disposable {
  readonly #path: string;
  #file: number | undefined;
  #rest = '';
  readonly #chunk: Buffer = Buffer.alloc(1 << 20);

  constructor(path: string) {
    this.#path = path;
  }

  read(): readonly Delivery[] {
    this.#file ??= openIfThere(this.#path);
    if (this.#file === undefined) return [];
    const deliveries: Delivery[] = [];
    for (;;) {
      const length = readSync(this.#file, this.#chunk, 0, this.#chunk.length, null);
      if (length === 0) return deliveries;
      const lines = (this.#rest + this.#chunk.toString('latin1', 0, length)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) deliveries.push(parse(line));
    }
  }

  [Symbol.dispose](): void {
    if (this.#file !== undefined) closeSync(this.#file);
  }
}

function parse(line: string): Delivery {
  const [id, origin = '', sentAt, handledAt] = line.split(' ');
  return { id: Number(id), origin, sentAt: Number(sentAt), handledAt: Number(handledAt) };
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}
