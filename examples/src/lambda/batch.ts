import { createBatchHandler, type KinesisHandler } from '@millrace/kinesis/lambda';

import { orders } from './orders.ts';

// All records of an event at once; those that failed are named, the others are done.
export const handler: KinesisHandler = createBatchHandler(orders, async (records, { fail }) => {
  const total = records.reduce((sum, { value }) => sum + value.total, 0);
  for (const record of records) {
    if (record.value.total < 0) fail(record, new Error('the table refused the row'));
  }
  console.log(`${records.length} orders, ${total} in all`);
});
