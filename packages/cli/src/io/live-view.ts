import type { CommandContext } from '../command-context.ts';
import type { Room } from './io.ts';
import { clip } from './text-width.ts';

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
    const lines = fit(text.split('\n').slice(0, -1), io.room);
    this.#lines = lines.length;
    await out.write(`${back}${lines.join('\n')}\n`);
  }
}

/** A line that wraps or scrolls away would not be found again. */
function fit(lines: readonly string[], room: Room | undefined): readonly string[] {
  if (room === undefined) return lines;
  const rows = Math.max(1, room.rows - 1);
  const shown = lines.length <= rows ? lines : lines.slice(0, rows - 1);
  const cut = lines.length - shown.length;
  return [...shown.map((line) => clip(line, room.columns)), ...(cut > 0 ? [`… and ${cut} more lines`] : [])];
}
