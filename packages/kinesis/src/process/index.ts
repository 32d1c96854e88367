export { deadLetter, parkTheKey, type FailurePolicy, type ParkOptions } from './failure-policy.ts';
export type { EachBatch, EachRecord, Handler, HandlerContext } from './handler.ts';
export { Parking } from './parking.ts';
export { processRecords } from './process.ts';
export type { Draft, RawStreamRecord } from './raw-record.ts';
