import { defineStream, type StreamDefinition } from '@millrace/kinesis/stream';

export interface Order {
  readonly id: string;
  readonly customer: string;
  readonly total: number;
}

export const orders: StreamDefinition<Order> = defineStream<Order>({
  name: 'orders',
  key: (order) => order.customer,
});
