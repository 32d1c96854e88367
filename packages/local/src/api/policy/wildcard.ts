/** A pattern of IAM: `*` is any text, `?` any character; `${*}`, `${?}` and `${$}` are the characters themselves. */
export function wildcard(pattern: string, flags = ''): RegExp {
  const source = pattern
    .split(/(\$\{[*?$]\}|[*?])/)
    .map((part) => {
      if (part === '*') return '[^]*';
      if (part === '?') return '[^]';
      return (/^\$\{([*?$])\}$/.exec(part)?.[1] ?? part).replace(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);
    })
    .join('');
  return new RegExp(`^${source}$`, flags);
}
