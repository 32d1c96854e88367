export type { RecordWriter, WriteOutcome } from './record-writer.ts';
