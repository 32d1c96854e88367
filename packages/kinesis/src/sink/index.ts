export { lostToFile } from './file-sink.ts';
export { lostRecordLine, type LostRecord, type LostRecordSink } from './lost-record.ts';
