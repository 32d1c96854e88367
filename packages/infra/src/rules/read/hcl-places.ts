import type { Place } from '../node.ts';

/**
 * Where the blocks and arguments of a file of HCL stand: `resource.aws_kinesis_stream.main.0.name`. The parser that reads
 * their values tells no places.
 */
export function placesOfHcl(file: string, text: string): ReadonlyMap<string, Place> {
  const scanner = new Scanner(file, text);
  scanner.body('');
  return scanner.places;
}

class Scanner {
  readonly places = new Map<string, Place>();
  readonly #file: string;
  readonly #text: string;
  readonly #counts = new Map<string, number>();
  #offset = 0;
  #line = 1;
  #lineStart = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#text = text;
  }

  /** Statements until the closing brace; never throws: the real parser has read the file already. */
  body(path: string): void {
    for (;;) {
      this.#space();
      const character = this.#text[this.#offset];
      if (character === undefined) return;
      if (character === '}') {
        this.#advance(1);
        return;
      }
      const name = this.#match(/[\p{L}_][\p{L}\p{N}_-]*/uy);
      if (name === undefined) this.#advance(1);
      else this.#statement(path, name);
    }
  }

  #statement(path: string, name: string): void {
    const place: Place = {
      file: this.#file,
      line: this.#line,
      column: this.#offset - this.#lineStart - name.length + 1,
    };
    const labels: string[] = [];
    for (;;) {
      this.#space(false);
      const label = this.#match(/"(?:[^"\\\n]|\\.)*"|[\p{L}_][\p{L}\p{N}_-]*/uy);
      if (label === undefined) break;
      labels.push(label.replaceAll('"', ''));
    }
    const own = [path, name, ...labels].filter((part) => part !== '').join('.');
    if (this.#text[this.#offset] === '{') {
      const index = this.#counts.get(own) ?? 0;
      this.#counts.set(own, index + 1);
      this.places.set(`${own}.${index}`, place);
      this.#advance(1);
      this.body(`${own}.${index}`);
    } else if (this.#text[this.#offset] === '=') {
      this.places.set(own, place);
      this.#advance(1);
      this.#expression();
    }
  }

  /** To the end of the line on which every bracket is closed. */
  #expression(): void {
    let depth = 0;
    for (;;) {
      const character = this.#text[this.#offset];
      if (character === undefined || (character === '\n' && depth <= 0)) return;
      if (character === '}' && depth <= 0) return;
      if (this.#comment() || this.#string() || this.#heredoc()) continue;
      if ('([{'.includes(character)) depth++;
      if (')]}'.includes(character)) depth--;
      this.#advance(1);
    }
  }

  #string(): boolean {
    if (this.#text[this.#offset] !== '"') return false;
    this.#advance(1);
    for (;;) {
      const character = this.#text[this.#offset];
      if (character === undefined || character === '\n') return true;
      if (character === '\\') this.#advance(2);
      else if (character === '"') {
        this.#advance(1);
        return true;
      } else if (this.#text.startsWith('${', this.#offset)) {
        this.#advance(2);
        this.#interpolation();
      } else this.#advance(1);
    }
  }

  #interpolation(): void {
    for (let depth = 1; depth > 0;) {
      const character = this.#text[this.#offset];
      if (character === undefined) return;
      if (this.#string()) continue;
      if (character === '{') depth++;
      if (character === '}') depth--;
      this.#advance(1);
    }
  }

  #heredoc(): boolean {
    const opening = this.#match(/<<-?[\p{L}_][\p{L}\p{N}_-]*[^\n]*\n?/uy);
    if (opening === undefined) return false;
    const word = /[\p{L}_][\p{L}\p{N}_-]*/u.exec(opening)?.[0] ?? '';
    while (this.#offset < this.#text.length) {
      const line = this.#match(/[^\n]*\n?/y) ?? '';
      if (line.trim() === word) {
        // The line end belongs to the statement.
        if (line.endsWith('\n')) this.#retreat();
        return true;
      }
    }
    return true;
  }

  /** Blanks and comments; line ends too, unless told not to. */
  #space(lines = true): void {
    while (this.#offset < this.#text.length) {
      if (this.#comment()) continue;
      if (this.#match(lines ? /\s+/y : /[^\S\n]+/y) === undefined) return;
    }
  }

  #comment(): boolean {
    return this.#match(/(?:#|\/\/)[^\n]*|\/\*[^]*?(?:\*\/|$)/y) !== undefined;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text)?.[0];
    if (found === undefined || found === '') return undefined;
    this.#advance(found.length);
    return found;
  }

  #advance(count: number): void {
    for (let step = 0; step < count; step++) {
      if (this.#text[this.#offset] === '\n') {
        this.#line++;
        this.#lineStart = this.#offset + 1;
      }
      this.#offset++;
    }
  }

  #retreat(): void {
    this.#offset--;
    this.#line--;
    this.#lineStart = this.#text.lastIndexOf('\n', this.#offset - 1) + 1;
  }
}
