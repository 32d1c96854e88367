/** A payload as a program or a client gave it: base64 text from JSON, bytes from CBOR or a program. */
export type Payload = string | Uint8Array;

/**
 * A record as the members of a JSON object stand in a request, `"Data":"…","PartitionKey":"…"` in either order: what
 * a JSON answer says of it too. Kept as it came, so that the usual record is copied as a whole and never looked into.
 */
export interface RecordText {
  readonly source: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What an entry of a put holds. */
export type PutPayload = Payload | RecordText;

export function isRecordText(payload: PutPayload): payload is RecordText {
  return typeof payload === 'object' && 'source' in payload;
}

/** The members of a record whose data is base64 text already. An empty key is none. */
export function recordText(partitionKey: string, data: string): Uint8Array {
  const key = partitionKey === '' ? '' : `,"PartitionKey":${JSON.stringify(partitionKey)}`;
  return encoder.encode(`"Data":"${data}"${key}`);
}

/** Where in the bytes of {@link RecordText} the base64 of the data stands, and the key; an empty key is none. */
export interface MemberSpans {
  readonly dataAt: number;
  readonly dataEnd: number;
  readonly keyAt: number;
  readonly keyEnd: number;
}

const beforeData = Buffer.from('"Data":"');
const beforeKey = Buffer.from('"PartitionKey":"');
const quote = 0x22;
const comma = 0x2c;

/**
 * Where the data and the key of a record's members stand, when they are as nearly every client writes them: no white space,
 * nothing escaped. Undefined for others, which {@link parseRecordText} reads.
 */
export function memberSpans(bytes: Uint8Array): MemberSpans | undefined {
  if (bytes.includes(0x5c)) return undefined;
  const isDataFirst = standsAt(bytes, 0, beforeData);
  const [first, second] = isDataFirst ? [beforeData, beforeKey] : [beforeKey, beforeData];
  const firstAt = first.length;
  const firstEnd = endOf(bytes, 0, first);
  if (firstEnd < 0) return undefined;
  if (firstEnd + 1 === bytes.length)
    return isDataFirst ? { dataAt: firstAt, dataEnd: firstEnd, keyAt: 0, keyEnd: 0 } : undefined;
  const secondAt = firstEnd + 2 + second.length;
  const secondEnd = bytes[firstEnd + 1] === comma ? endOf(bytes, firstEnd + 2, second) : -1;
  if (secondEnd + 1 !== bytes.length) return undefined;
  return isDataFirst
    ? { dataAt: firstAt, dataEnd: firstEnd, keyAt: secondAt, keyEnd: secondEnd }
    : { dataAt: secondAt, dataEnd: secondEnd, keyAt: firstAt, keyEnd: firstEnd };
}

/** Where the value that follows `name` ends, or −1 when there is none. */
function endOf(bytes: Uint8Array, at: number, name: Uint8Array): number {
  return standsAt(bytes, at, name) ? bytes.indexOf(quote, at + name.length) : -1;
}

function standsAt(bytes: Uint8Array, at: number, text: Uint8Array): boolean {
  for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false;
  return true;
}

/** Key and data of a record's members. The text must be one that was checked when it was put. */
export function parseRecordText(bytes: Uint8Array): { readonly partitionKey: string; readonly data: string } {
  const value: unknown = JSON.parse(`{${decoder.decode(bytes)}}`);
  if (typeof value === 'object' && value !== null && 'Data' in value) {
    const { Data: data } = value;
    const partitionKey = 'PartitionKey' in value ? value.PartitionKey : '';
    if (typeof data === 'string' && typeof partitionKey === 'string') return { partitionKey, data };
  }
  throw new TypeError('A stored record has no data.');
}

/** A record of bytes: the length of the key's JSON text, that text, the data. */
export function recordBinary(partitionKey: string, data: Uint8Array): Uint8Array {
  const key = encoder.encode(JSON.stringify(partitionKey));
  const bytes = new Uint8Array(2 + key.length + data.byteLength);
  bytes[0] = key.length & 0xff;
  bytes[1] = key.length >> 8;
  bytes.set(key, 2);
  bytes.set(data, 2 + key.length);
  return bytes;
}

/** The key as JSON text and the data of {@link recordBinary}. */
export function splitRecordBinary(bytes: Uint8Array): {
  readonly keyText: string;
  readonly data: Uint8Array;
} {
  const end = 2 + (bytes[0] ?? 0) + ((bytes[1] ?? 0) << 8);
  return { keyText: decoder.decode(bytes.subarray(2, end)), data: bytes.subarray(end) };
}

/** The key of {@link splitRecordBinary}. */
export function parseKeyText(keyText: string): string {
  const key: unknown = JSON.parse(keyText);
  return typeof key === 'string' ? key : '';
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
