/** Headers without a prototype: a name out of foreign bytes, `__proto__` say, is then a name and nothing else. */
export function emptyHeaders(): Record<string, string> {
  return Object.create(null);
}

/** Shared by every record without headers. */
export const noHeaders: Readonly<Record<string, string>> = Object.freeze(emptyHeaders());
