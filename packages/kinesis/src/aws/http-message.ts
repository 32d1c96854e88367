/** What the SDK is about to send. */
export interface Request {
  body: unknown;
}

/** What came back, before the SDK has read it. */
export interface Response {
  readonly statusCode: number;
  body: unknown;
}

export function isRequest(request: unknown): request is Request {
  return typeof request === 'object' && request !== null && 'body' in request;
}

export function isResponse(response: unknown): response is Response {
  return typeof response === 'object' && response !== null && 'statusCode' in response && 'body' in response;
}

/** A body as a whole. */
export async function collect(body: unknown): Promise<Buffer> {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const chunks: Uint8Array[] = [];
  if (isChunked(body)) for await (const chunk of body) chunks.push(chunk);
  return chunks.length === 1 && chunks[0] instanceof Buffer ? chunks[0] : Buffer.concat(chunks);
}

function isChunked(body: unknown): body is AsyncIterable<Uint8Array> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
