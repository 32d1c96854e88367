// A program that puts records and ends. Arguments: the endpoint, how it ends, and the producer's options.
import process from 'node:process';

import { createProducer, rawStream } from '@millrace/kinesis';
import { connect } from '@millrace/kinesis/aws';

const [endpoint = '', how = '', options = '{}'] = process.argv.slice(2);
const connection = connect({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
});
const producer = createProducer(rawStream('orders'), connection, JSON.parse(options));
for (let n = 0; n < 1000; n++) {
  void producer.put({ partitionKey: `k${n % 10}`, data: new TextEncoder().encode(`${n}`) });
}
if (how === 'closes') {
  await producer.close();
  await connection.close();
}
if (how === 'on SIGTERM') {
  // The event loop has something to wait for, as a server has.
  const serving = setInterval(() => {}, 1000);
  process.once('SIGTERM', () => {
    clearInterval(serving);
    void producer.close();
  });
  process.stdout.write('ready\n');
}
