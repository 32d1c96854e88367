import type { CommandContext } from '../command-context.ts';

/** A text that is shown again and again: in its own place on a terminal, else one below the other. */
export class LiveView {
  readonly #context: Pick<CommandContext, 'out' | 'io'>;
  #lines = 0;

  constructor(context: Pick<CommandContext, 'out' | 'io'>) {
    this.#context = context;
  }

  /** `text` ends with a line end. */
  async show(text: string): Promise<void> {
    const { out, io } = this.#context;
    if (!io.isTTY.stdout) {
      await out.write(text);
      return;
    }
    // Up to where the last one began, and everything below away: what came before it stays.
    const back = this.#lines === 0 ? '' : `\u001b[${this.#lines}A\r\u001b[J`;
    this.#lines = text.split('\n').length - 1;
    await out.write(back + text);
  }
}
