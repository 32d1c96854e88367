import { isIP } from 'node:net';

/**
 * Whether a request may name `host` in its Host header or `:authority`. A web page that has its own name resolve to
 * 127.0.0.1 (DNS rebinding) still sends that name, so only names that cannot be somebody else's are let in:
 * addresses, localhost, the name bound to, and names listed.
 */
export function createHostRule(
  boundHost: string,
  allowed: readonly string[],
): (host: string | undefined) => boolean {
  const names = new Set([boundHost, ...allowed].map((name) => name.toLowerCase()));
  return (host) => {
    const name = nameOf(host ?? '');
    return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost') || names.has(name);
  };
}

/** Without port and brackets, in lower case. */
function nameOf(host: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d*)?$/.exec(host)?.[1];
  return (bracketed ?? host.replace(/:\d*$/, '')).replace(/\.$/, '').toLowerCase();
}
