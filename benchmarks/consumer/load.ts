/** Records in the streams of plain records, and user records in those of aggregates; 100 bytes each. */
export const PLAIN = 200_000;
export const AGGREGATED = 3_000_000;
