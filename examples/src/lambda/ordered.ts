import { createHandler, type KinesisHandler } from '@millrace/kinesis/lambda';

import { orders } from './orders.ts';

// One after the other: the first failure ends the invocation, and the mapping comes again from there.
export const handler: KinesisHandler = createHandler(orders, ({ value }) => {
  console.log(`${value.customer} owes ${value.total}`);
});
