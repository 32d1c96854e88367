export { lostToFile } from './file-sink.ts';
export type { LostPosition, LostRecord, LostRecordSink } from './lost-record.ts';
