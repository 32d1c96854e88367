import { createHandler, type KinesisHandler } from '@millrace/kinesis/lambda';

import { orders } from './orders.ts';

// In any order, at most 20 at once, each tried three times before it counts as failed.
export const handler: KinesisHandler = createHandler(
  orders,
  async ({ value }, { signal }) => {
    signal.throwIfAborted();
    console.log(`${value.customer} owes ${value.total}`);
  },
  { mode: 'parallel', concurrency: 20, attempts: 3 },
);
