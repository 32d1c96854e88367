import type { CommandContext } from '../command-context.ts';

const silentMs = 3000;

/** Says at a terminal that nothing has come yet: silence alone could as well be a wrong name or a hang. */
export class Silence implements Disposable {
  readonly #timer: Disposable | undefined;
  readonly #tell: (text: string) => void;
  readonly #what: string;
  #heard = false;

  /** `what`: what is waited for, such as `record of orders`. */
  constructor({ clock, notes, io }: CommandContext, what: string) {
    const told = io.isTTY.stderr;
    this.#what = what;
    this.#tell = (text) => (told ? notes.info(text) : undefined);
    this.#timer = told
      ? clock.timer(silentMs, () => this.#tell(`no ${what} yet; Ctrl-C ends the wait`))
      : undefined;
  }

  heard(): void {
    this.#heard = true;
    this.#timer?.[Symbol.dispose]();
  }

  /** It came to its end. */
  ended(): void {
    if (!this.#heard) this.#tell(`no ${this.#what}`);
  }

  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
  }
}
