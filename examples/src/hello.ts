import { createConsumer, createProducer, defineStream } from '@millrace/kinesis';
import { createLocalKinesis } from '@millrace/local';

const orders = defineStream<{ id: string; customer: string; total: number }>({
  name: 'orders',
  key: (order) => order.customer,
});
await using kinesis = await createLocalKinesis({ streams: { orders: { shards: 2 } } });

await using producer = createProducer(orders, kinesis.connection, { ordering: 'key' });
await producer.put({ id: '1', customer: 'ada', total: 12.5 });

const consumer = createConsumer(orders, kinesis.connection, { group: 'billing', from: 'oldest' });
for await (const { value, shardId } of consumer) {
  console.log(`${value.customer} owes ${value.total}, says ${shardId}`);
  break;
}
