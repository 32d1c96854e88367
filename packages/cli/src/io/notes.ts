import type { Writable } from 'node:stream';

import { createPaint, type Paint } from './paint.ts';
import { visible } from './visible.ts';

export interface NotesOptions {
  /** Leaves out all but errors and warnings. */
  readonly quiet?: boolean;
  readonly colour?: boolean;
  /** Whether a progress line may be rewritten in place. */
  readonly isTTY?: boolean;
}

/** Stderr: everything that is not data. Never fails: who does not read it does not want it. */
export class Notes {
  readonly #stream: Writable;
  readonly #quiet: boolean;
  readonly #isTTY: boolean;
  readonly #paint: Paint;
  #rewritable = false;

  constructor(stream: Writable, options: NotesOptions = {}) {
    this.#stream = stream;
    this.#quiet = options.quiet ?? false;
    this.#isTTY = options.isTTY ?? false;
    this.#paint = createPaint(options.colour ?? false);
    stream.on('error', () => {});
  }

  /** For the person watching; left out when quiet. */
  info(text: string): void {
    if (!this.#quiet) this.#line(this.#paint('dim', clean(text)));
  }

  warn(text: string): void {
    this.#line(`${this.#paint('yellow', 'warning:')} ${clean(text)}`);
  }

  error(what: string, hint: string, asked?: string): void {
    this.#line(`${this.#paint('red', 'error:')} ${clean(what)}`);
    if (asked !== undefined) this.#line(`  asked: ${clean(asked)}`);
    if (hint !== '') this.#line(`  try:   ${clean(hint)}`);
  }

  debug(text: string): void {
    for (const line of text.split('\n')) this.#line(this.#paint('dim', clean(line)));
  }

  /** A line as it is: it has no control characters, JSON has none. */
  raw(line: string): void {
    this.#line(line);
  }

  /** Where a long task is; on a terminal each replaces the one before. */
  progress(text: string): void {
    if (this.#quiet) return;
    if (!this.#isTTY) {
      this.#line(clean(text));
      return;
    }
    this.#stream.write(`\r\u001b[K${clean(text)}`);
    this.#rewritable = true;
  }

  #line(text: string): void {
    if (this.#rewritable) this.#stream.write('\r\u001b[K');
    this.#rewritable = false;
    this.#stream.write(`${text}\n`);
  }
}

/** Newlines are ours; the rest may come out of a stream or a service's answer. */
function clean(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
