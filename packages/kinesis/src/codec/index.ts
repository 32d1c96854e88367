export { MAX_AGGREGATE_COUNT, type AggregatedEntry, type AggregateEntry } from './aggregate.ts';
export { createAggregator, encodeAggregate, type Aggregator, type AggregatorOptions } from './aggregator.ts';
export { decodeAggregate } from './decode-aggregate.ts';
export {
  expandRecord,
  foreignCheck,
  type ExpandOptions,
  type IsForeign,
  type UserRecord,
} from './expand-record.ts';
export { noHeaders } from './headers.ts';
