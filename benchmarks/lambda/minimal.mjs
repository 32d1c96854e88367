// The least a function with this library is: a stream, a handler. It opens aggregates.
import { createHandler } from '@millrace/kinesis/lambda';
import { defineStream } from '@millrace/kinesis/stream';

const orders = defineStream({ name: 'orders', key: (order) => order.id });

export const handler = createHandler(orders, ({ value }) => console.log(value.id));
