export interface Network {
  readonly bits: 32 | 128;
  readonly prefix: number;
  readonly value: bigint;
}

/** `10.0.0.0/24` or `2001:db8::/32`; undefined for anything else. */
export function parseNetwork(text: string): Network | undefined {
  const match = /^([^/]+)\/(\d{1,3})$/.exec(text);
  const address = parseAddress(match?.[1] ?? '');
  const prefix = Number(match?.[2]);
  if (address === undefined || !(prefix <= address.bits)) return undefined;
  return { ...address, prefix };
}

export function inNetwork(network: Network, text: string): boolean {
  const address = parseAddress(text);
  if (address?.bits !== network.bits) return false;
  const host = BigInt(network.bits - network.prefix);
  return address.value >> host === network.value >> host;
}

interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

function parseAddress(text: string): Address | undefined {
  return text.includes(':') ? parseV6(text) : parseV4(text);
}

function parseV4(text: string): Address | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) {
    return undefined;
  }
  return { bits: 32, value: parts.reduce((value, part) => (value << 8n) + BigInt(part), 0n) };
}

function parseV6(text: string): Address | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => '0'), ...tail];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return { bits: 128, value: groups.reduce((value, group) => (value << 16n) + BigInt(`0x${group}`), 0n) };
}
