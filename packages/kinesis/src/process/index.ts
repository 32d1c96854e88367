export type { EachBatch, EachRecord, Handler, HandlerContext } from './handler.ts';
export { processRecords, type RawStreamRecord } from './process.ts';
