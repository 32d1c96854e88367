/** The texts between the `*` of a pattern, `\*` and `\\` being themselves. Undefined for a pattern that is none. */
export function parseWildcard(pattern: string): readonly string[] | undefined {
  const parts = [''];
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] ?? '';
    const last = parts.length - 1;
    if (char === '*') {
      if (last > 0 && parts[last] === '' && pattern[at - 1] === '*') return undefined;
      parts.push('');
    } else if (char === '\\') {
      const escaped = pattern[++at];
      if (escaped !== '*' && escaped !== '\\') return undefined;
      parts[last] += escaped;
    } else parts[last] += char;
  }
  return parts;
}

/** Linear in the text: each part is looked for once, behind the one before. */
export function matchesWildcard(parts: readonly string[], text: string): boolean {
  const [first = '', ...rest] = parts;
  const last = rest.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}
