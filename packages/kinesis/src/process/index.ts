export type { EachBatch, EachRecord, Handler, HandlerContext } from './handler.ts';
export { processRecords, type ProcessOptions, type RawStreamRecord } from './process.ts';
