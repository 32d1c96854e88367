import { createConsumer, createProducer, defineStream } from '@millrace/kinesis';
import { createLocalKinesis } from '@millrace/local';

const orders = defineStream<{ id: string; customer: string; total: number }>({
  name: 'orders',
  key: (order) => order.customer,
});

// Ready in a millisecond, without a socket, and alone: tests in parallel each make their own.
await using kinesis = await createLocalKinesis({
  streams: { orders: { shards: 2 } },
  faults: [{ operation: 'PutRecords', records: '20%' }],
});
await using producer = createProducer(orders, kinesis.connection);
await using consumer = createConsumer(orders, kinesis.connection, {
  group: 'billing',
  from: 'oldest',
  leaseDuration: '1s',
});
let total = 0;
const running = consumer.run({
  eachRecord: ({ value }) => {
    total += value.total;
  },
});

for (let id = 0; id < 100; id++) void producer.put({ id: String(id), customer: `c${id % 9}`, total: 1 });
await producer.flush();
await kinesis.settled({ stream: 'orders', group: 'billing' });
console.log(`billed ${total} of 100, though a fifth was refused at first`);

await consumer.close();
await running;
