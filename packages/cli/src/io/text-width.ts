// oxlint-disable-next-line no-control-regex -- the sequence that sets a colour begins with one
const colourSequence = /\u001b\[[\d;]*m/y;
const plain = /^[\u0020-\u007e]*$/;
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u30ff\uff01-\uff60]/u;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** How many cells of a terminal `text` takes; it has no control characters. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length;
  return partsOf(text).reduce((sum, part) => sum + cellsOf(part), 0);
}

/** `text` in at most `width` cells: an ellipsis stands for its middle, since what tells names and numbers apart is at both ends. */
export function shorten(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  const parts = partsOf(text);
  const room = Math.max(0, width - 1);
  const head = take(parts, Math.ceil(room / 2));
  const tail = take(parts.toReversed(), room - head.cells);
  return `${head.parts.join('')}…${tail.parts.toReversed().join('')}`;
}

/** A line that may be coloured, cut where a terminal of so many columns would wrap it. */
export function clip(line: string, columns: number): string {
  let cells = 0;
  let cut = '';
  for (let at = 0; at < line.length;) {
    colourSequence.lastIndex = at;
    const [sequence] = colourSequence.exec(line) ?? [];
    if (sequence !== undefined) {
      // Kept behind the cut, too: one of them ends the colour.
      cut += sequence;
      at += sequence.length;
      continue;
    }
    const end = line.indexOf('\u001b', at + 1);
    const run = line.slice(at, end === -1 ? line.length : end);
    const room = columns - cells;
    at += run.length;
    if (room < 0) continue;
    const whole = widthOf(run) <= room;
    cut += whole ? run : `${take(partsOf(run), room - 1).parts.join('')}${room > 0 ? '…' : ''}`;
    cells = whole ? cells + widthOf(run) : columns + 1;
  }
  return cut;
}

/** As `padStart` and `padEnd`, by cells. */
export function pad(text: string, width: number, side: 'start' | 'end'): string {
  const space = ' '.repeat(Math.max(0, width - widthOf(text)));
  return side === 'start' ? space + text : text + space;
}

function partsOf(text: string): readonly string[] {
  return plain.test(text) ? text.split('') : [...graphemes.segment(text)].map(({ segment }) => segment);
}

function cellsOf(part: string): number {
  return wide.test(part) ? 2 : 1;
}

function take(parts: readonly string[], room: number): { readonly parts: string[]; readonly cells: number } {
  const taken: string[] = [];
  let cells = 0;
  for (const part of parts) {
    if (cells + cellsOf(part) > room) break;
    taken.push(part);
    cells += cellsOf(part);
  }
  return { parts: taken, cells };
}
