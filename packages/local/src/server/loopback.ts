/** Whether an address of a socket is this machine's own, also as an IPv4 address within IPv6. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(?:::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '');
}
