import { createWindowHandler, type KinesisWindowHandler } from '@millrace/kinesis/lambda';

import { orders } from './orders.ts';

interface Sums {
  readonly total: number;
  readonly orders: number;
}

// For a mapping with TumblingWindowInSeconds: sums of each window and shard.
export const handler: KinesisWindowHandler<Sums> = createWindowHandler(orders, {
  initial: (): Sums => ({ total: 0, orders: 0 }),
  add: (sums, { value }) => ({ total: sums.total + value.total, orders: sums.orders + 1 }),
  close: ({ total, orders: count }, { window }) => {
    console.log(`until ${window.end.toISOString()}: ${count} orders, ${total} in all`);
  },
});
