export { deadLetter, type FailurePolicy } from './failure-policy.ts';
export type { EachBatch, EachRecord, Handler, HandlerContext } from './handler.ts';
export { processRecords } from './process.ts';
export type { RawStreamRecord } from './raw-record.ts';
