/** A number with the text it was written in: patterns compare plain numbers by it. */
export class JsonNumber {
  readonly value: number;
  readonly text: string;

  constructor(text: string) {
    this.value = Number(text);
    this.text = text;
  }
}

export type Scalar = string | JsonNumber | boolean | null;
export type Json = Scalar | readonly Json[] | JsonObject;
/** Of keys given twice the last counts. */
export type JsonObject = ReadonlyMap<string, Json>;

export function isJsonObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map;
}

export function isJsonArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** JSON that keeps how numbers are written. Undefined for what is not JSON, or nested more than `maxDepth` deep. */
export function parseJson(text: string, maxDepth = 512): Json | undefined {
  const reader = new Reader(text, maxDepth);
  try {
    return reader.document();
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  readonly #text: string;
  #at = 0;
  #depth: number;

  constructor(text: string, maxDepth: number) {
    this.#text = text;
    this.#depth = maxDepth;
  }

  document(): Json {
    const value = this.#value();
    this.#space();
    if (this.#at < this.#text.length) throw new SyntaxError('more after the end');
    return value;
  }

  #value(): Json {
    this.#space();
    switch (this.#text[this.#at] ?? '') {
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      case '"':
        return this.#string();
      case 't':
        return this.#word('true', true);
      case 'f':
        return this.#word('false', false);
      case 'n':
        return this.#word('null', null);
      default:
        return new JsonNumber(this.#take(number));
    }
  }

  #nested<T>(read: () => T): T {
    if (--this.#depth < 0) throw new SyntaxError('nested too deep');
    this.#at++;
    const value = read();
    this.#depth++;
    return value;
  }

  #object(): JsonObject {
    const fields = new Map<string, Json>();
    for (let first = true; !this.#ends('}', first); first = false) {
      this.#space();
      const key = this.#string();
      this.#space();
      if (this.#text[this.#at++] !== ':') throw new SyntaxError('no colon');
      // The last of a name counts, and stands where it stands.
      fields.delete(key);
      fields.set(key, this.#value());
    }
    return fields;
  }

  #array(): readonly Json[] {
    const items: Json[] = [];
    for (let first = true; !this.#ends(']', first); first = false) items.push(this.#value());
    return items;
  }

  /** Whether the container ends here; takes the comma before another item. */
  #ends(close: string, first: boolean): boolean {
    this.#space();
    const next = this.#text[this.#at];
    if (next === close) {
      this.#at++;
      return true;
    }
    if (first) return false;
    if (next !== ',') throw new SyntaxError('no comma');
    this.#at++;
    return false;
  }

  #string(): string {
    if (this.#text[this.#at] !== '"') throw new SyntaxError('no string');
    let end = this.#at;
    do end = this.#text.indexOf('"', end + 1);
    while (end > 0 && this.#isEscaped(end));
    if (end < 0) throw new SyntaxError('no end of a string');
    const value: unknown = JSON.parse(this.#text.slice(this.#at, end + 1));
    this.#at = end + 1;
    return String(value);
  }

  /** Behind an odd number of backslashes. */
  #isEscaped(at: number): boolean {
    let count = 0;
    while (this.#text[at - 1 - count] === '\\') count++;
    return count % 2 === 1;
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) throw new SyntaxError('no word');
    this.#at += word.length;
    return value;
  }

  #space(): void {
    space.lastIndex = this.#at;
    space.exec(this.#text);
    this.#at = space.lastIndex;
  }

  #take(token: RegExp): string {
    token.lastIndex = this.#at;
    const found = token.exec(this.#text)?.[0];
    if (found === undefined) throw new SyntaxError('no token');
    this.#at = token.lastIndex;
    return found;
  }
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
