import type { EventFormat } from './event-stream.ts';
import { encodeGetRecords } from './json-records.ts';
import { jsonContentType } from './json.ts';

export const jsonEvents: EventFormat = {
  contentType: jsonContentType,
  nothing: Buffer.from('{}'),
  encodeEvent: ({ ContinuationSequenceNumber: continuation, ...event }) => {
    const text = encodeGetRecords(event);
    if (continuation === undefined) return Buffer.from(text);
    return Buffer.from(`${text.slice(0, -1)},"ContinuationSequenceNumber":"${continuation}"}`);
  },
  encodeMessage: (message) => Buffer.from(JSON.stringify({ message })),
};
