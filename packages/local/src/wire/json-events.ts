import type { EventFormat } from './event-stream.ts';
import { jsonContentType } from './json.ts';

export const jsonEvents: EventFormat = {
  contentType: jsonContentType,
  nothing: Buffer.from('{}'),
  encodeMessage: (message) => Buffer.from(JSON.stringify({ message })),
};
