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
