/** A line of input, without its end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  readonly bytes: Uint8Array;
  /** Set when it was longer than allowed; `bytes` then holds its beginning. */
  readonly tooLong?: true;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts chunks of bytes into lines at `\n`, leaving off a `\r` before it and leaving out empty lines; gives the lines of a
 * chunk together. Holds one unfinished line: one longer than `maxBytes` is cut short and its rest skipped. Lines are
 * views of the chunks, not copies.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<readonly Line[], void, undefined> {
  let number = 0;
  let pending: Uint8Array[] = [];
  let pendingBytes = 0;
  const take = (last: Uint8Array, into: Line[]): void => {
    number++;
    const bytes = trim(pending.length === 0 ? last : Buffer.concat([...pending, last]));
    const tooLong = pendingBytes + last.length > maxBytes;
    pending = [];
    pendingBytes = 0;
    if (tooLong) into.push({ number, bytes: bytes.subarray(0, maxBytes), tooLong });
    else if (bytes.length > 0) into.push({ number, bytes });
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      take(chunk.subarray(start, end), lines);
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    // What is over the limit only counts: it is never kept.
    if (rest.length > 0 && pendingBytes <= maxBytes) pending.push(rest);
    pendingBytes += rest.length;
    if (lines.length > 0) yield lines;
  }
  const lines: Line[] = [];
  if (pendingBytes > 0) take(new Uint8Array(), lines);
  if (lines.length > 0) yield lines;
}

function trim(line: Uint8Array): Uint8Array {
  return line.at(-1) === carriageReturn ? line.subarray(0, -1) : line;
}
