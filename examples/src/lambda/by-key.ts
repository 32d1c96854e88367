import { lostToFile } from '@millrace/kinesis';
import { createHandler, deadLetter, permanent, type KinesisHandler } from '@millrace/kinesis/lambda';

import { orders } from './orders.ts';

// Customers side by side, each in order. What no retry will mend is put aside with its bytes (on AWS: lostToSqs, lostToS3).
export const handler: KinesisHandler = createHandler(
  orders,
  async ({ value }) => {
    if (value.total < 0) throw permanent(new Error(`order ${value.id} has a total below zero`));
    console.log(`${value.customer} owes ${value.total}`);
  },
  { mode: 'ordered-by-key', onPoison: deadLetter(lostToFile('poison.ndjson')) },
);
