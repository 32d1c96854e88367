/**
 * Whether bytes are one well-formed CBOR item that a request could be: lengths within the bytes, no tag but that of an
 * instant, not deep, not many. Looked at before decoding, since a decoder takes time and memory out of proportion for
 * what no client sends: big integers are quadratic, a 24 MiB list of empty lists becomes gigabytes.
 */
export function isPlausibleCbor(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { length } = bytes;
  /** Items still to come at each level; infinity until a break. */
  const open = [1];
  let at = 0;
  for (let items = 0; open.length > 0;) {
    const level = open.length - 1;
    const left = open[level] ?? 0;
    if (left === 0) {
      open.pop();
      continue;
    }
    const head = bytes[at];
    if (head === undefined || ++items > mostItems) return false;
    at++;
    if (head === breakCode) {
      if (left !== Number.POSITIVE_INFINITY) return false;
      open.pop();
      continue;
    }
    open[level] = left - 1;
    const major = head >> 5;
    const minor = head & 0b1_1111;
    if (minor === indefinite) {
      if (major < 2 || major > 5 || open.push(Number.POSITIVE_INFINITY) > deepest) return false;
      continue;
    }
    const extra = argumentBytes[minor];
    if (extra === undefined || at + extra > length) return false;
    const argument = extra === 0 ? minor : readArgument(view, at, extra);
    at += extra;
    if (major === 2 || major === 3) at += argument;
    else if (major === 4 || major === 5) {
      if (argument > length - at || open.push(major === 4 ? argument : argument * 2) > deepest) return false;
    } else if (major === 6) {
      if (argument !== instantTag) return false;
      open[level] = left;
    }
    if (at > length) return false;
  }
  return true;
}

/** The largest request has some thousands: five hundred records with all their members. */
const mostItems = 100_000;
const deepest = 32;
const breakCode = 0xff;
const indefinite = 31;
const instantTag = 1;

/** Bytes after the head that hold its argument, by the low five bits of the head. */
const argumentBytes: readonly (number | undefined)[] = Array.from({ length: 32 }, (_, minor) => {
  if (minor < 24) return 0;
  return minor < 28 ? 2 ** (minor - 24) : undefined;
});

function readArgument(view: DataView, at: number, bytes: number): number {
  if (bytes === 1) return view.getUint8(at);
  if (bytes === 2) return view.getUint16(at);
  if (bytes === 4) return view.getUint32(at);
  return view.getUint32(at) * 2 ** 32 + view.getUint32(at + 4);
}
