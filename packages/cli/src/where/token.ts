import { whereError } from './where-error.ts';

/** A word of an expression and the place it begins at, counted from 0. */
export type Token =
  | { readonly kind: 'number'; readonly at: number; readonly value: number }
  | { readonly kind: 'string'; readonly at: number; readonly value: string }
  | { readonly kind: 'pattern'; readonly at: number; readonly value: RegExp }
  | { readonly kind: 'name'; readonly at: number; readonly value: string }
  | { readonly kind: 'sign'; readonly at: number; readonly value: string }
  | { readonly kind: 'end'; readonly at: number; readonly value: '' };

const signs = /^(?:===|!==|==|!=|<=|>=|&&|\|\||!~|[<>!~+\-*/%()[\].,])/u;
const number = /^(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/;
const name = /^[\p{ID_Start}_$][\p{ID_Continue}_$]*/u;
/** A slash, then anything but a slash, a backslash taking the next with it and a class taking slashes; then flags. */
const pattern = /^\/((?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+)\/([a-z]*)/u;
const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** Cuts an expression into its words. Throws `OPTION_INVALID` with the column. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    const { token, end } = readToken(text, at, tokens.at(-1));
    tokens.push(token);
    at = end;
  }
  return [...tokens, { kind: 'end', at: text.length, value: '' }];
}

interface ReadToken {
  readonly token: Token;
  readonly end: number;
}

function readToken(text: string, at: number, before: Token | undefined): ReadToken {
  const rest = text.slice(at);
  const first = text[at];
  if (first === '"' || first === "'") return readString(text, at, first);
  if (first === '/' && isMatchSign(before)) return readPattern(text, at, rest);
  const digits = number.exec(rest)?.[0];
  if (digits !== undefined) {
    return { token: { kind: 'number', at, value: Number(digits) }, end: at + digits.length };
  }
  const word = name.exec(rest)?.[0];
  if (word !== undefined) return { token: { kind: 'name', at, value: word }, end: at + word.length };
  const sign = signs.exec(rest)?.[0];
  if (sign !== undefined) return { token: { kind: 'sign', at, value: sign }, end: at + sign.length };
  throw whereError(
    text,
    at,
    `${JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0))} means nothing here`,
  );
}

/** Only behind a match sign does a slash begin a pattern; elsewhere it divides. */
function isMatchSign(token: Token | undefined): boolean {
  return token?.kind === 'sign' && (token.value === '~' || token.value === '!~');
}

function readPattern(text: string, at: number, rest: string): ReadToken {
  const [whole, source = '', flags = ''] = pattern.exec(rest) ?? [];
  if (whole === undefined) throw whereError(text, at, 'a pattern begins here and has no end');
  // A pattern that remembers where it stopped would answer the next record differently.
  if (/[gy]/.test(flags)) throw whereError(text, at, 'the flags g and y have no meaning here');
  try {
    const value = new RegExp(source, flags.includes('u') || flags.includes('v') ? flags : `${flags}u`);
    return { token: { kind: 'pattern', at, value }, end: at + whole.length };
  } catch (error) {
    throw whereError(text, at, error instanceof Error ? error.message : 'this is no regular expression');
  }
}

function readString(text: string, start: number, quote: string): ReadToken {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === quote) return { token: { kind: 'string', at: start, value }, end: at + 1 };
    if (character !== '\\') value += character;
    else {
      const escaped = text[++at] ?? '';
      value += escapes[escaped] ?? escaped;
    }
  }
  throw whereError(text, start, 'a text begins here and has no end');
}

function skipSpace(text: string, at: number): number {
  let next = at;
  while (next < text.length && /\s/u.test(text[next] ?? '')) next++;
  return next;
}
