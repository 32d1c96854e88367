export { lostToFile } from './file-sink.ts';
export { decodeLostRecord, type LostDocument } from './lost-document.ts';
export type { LostPosition, LostRecord, LostRecordSink } from './lost-record.ts';
export { lostToStream, type LostRecordStream, type StreamSinkOptions } from './stream-sink.ts';
