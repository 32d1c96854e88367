import { isAscii } from 'node:buffer';

/** An answer in AWS JSON, whose data may stand apart from its text. */
export interface AnswerText {
  /** JSON. */
  readonly text: string;
  /** The bytes of a record whose member `Data` the text has as `data`. */
  readonly bytesOf: (data: string) => Uint8Array;
}

const member = Buffer.from('"Data":"');
const quote = 0x22;
const backslash = 0x5c;
/** From so many characters on, data is worth standing apart. */
const worthChars = 2048;
/** In the text stands this for data that stands apart, and which it is: base64 has none. */
const mark = '#';

/**
 * The text of an answer with records. Where these are large, as aggregates are, nearly all of it is base64, which is decoded from
 * where it stands: as a part of the text it would be copied, looked through and copied once more.
 */
export function answerText(body: Buffer): AnswerText {
  const first = body.indexOf(member);
  const isLarge = first >= 0 && body.indexOf(quote, first + member.length) - first > worthChars;
  // Where something is escaped a quotation mark is not what it seems.
  return isLarge && !body.includes(backslash) ? apart(body, first) : whole(body);
}

function whole(body: Buffer): AnswerText {
  return {
    // Where keys are ASCII, too, there is nothing to decode.
    text: isAscii(body) ? body.toString('latin1') : body.toString(),
    bytesOf: decoded,
  };
}

function apart(body: Buffer, first: number): AnswerText {
  const pieces: Buffer[] = [];
  const spans: number[] = [];
  let done = 0;
  for (let at = first; at >= 0;) {
    const start = at + member.length;
    const end = body.indexOf(quote, start);
    if (end < 0) break;
    if (end - start > worthChars) {
      pieces.push(body.subarray(done, start), Buffer.from(`${mark}${spans.length}`));
      spans.push(start, end);
      done = end;
    }
    at = body.indexOf(member, end);
  }
  pieces.push(body.subarray(done));
  return {
    text: Buffer.concat(pieces).toString(),
    bytesOf: (data) => {
      if (!data.startsWith(mark)) return decoded(data);
      const index = Number(data.slice(mark.length));
      return decoded(body.toString('latin1', spans[index], spans[index + 1]));
    },
  };
}

function decoded(base64: string): Uint8Array {
  const { buffer, byteOffset, byteLength } = Buffer.from(base64, 'base64');
  return new Uint8Array(buffer, byteOffset, byteLength);
}
