/** What an expression can see of a record. */
export interface Scope {
  /** The JSON value, else the text, else undefined: bytes that are no text. */
  readonly value: unknown;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly shard: string;
  readonly sequence: string;
  /** When the service took it, milliseconds since 1970. */
  readonly arrived: number;
  /** Bytes. */
  readonly size: number;
}

export const scopeNames: readonly (keyof Scope)[] = [
  'value',
  'key',
  'headers',
  'shard',
  'sequence',
  'arrived',
  'size',
];

export function isScopeName(name: string): name is keyof Scope {
  return scopeNames.some((known) => known === name);
}
