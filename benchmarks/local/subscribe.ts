import { connect } from 'node:net';

import type { Contestant } from './contestant.ts';
import { createStream, deleteStream, once, putSteadily } from './load.ts';

/** From the sending of a PutRecord to its arrival in a SubscribeToShard, 200 records a second; milliseconds, sorted. */
export async function subscribeLatencies(server: Contestant, count: number): Promise<readonly number[]> {
  const stream = await createStream(server, 1);
  const request = server.request('SubscribeToShard', {
    ConsumerARN: await registerConsumer(server, stream),
    ShardId: 'shardId-000000000000',
    StartingPosition: { Type: 'TRIM_HORIZON' },
  });
  const socket = connect({ port: server.port, host: '127.0.0.1', noDelay: true });
  const seen: number[] = [];
  let sent: readonly number[] = [];
  let rest = '';
  const subscribed = new Promise<void>((resolve, reject) => {
    socket.once('data', () => resolve());
    socket.once('error', reject);
  });
  const all = new Promise<void>((resolve, reject) => {
    socket.on('close', () => reject(new Error(`The subscription ended after ${seen.length} records.`)));
    socket.on('data', (chunk: Buffer) => {
      const now = performance.now();
      const text = rest + chunk.toString('latin1');
      let end = 0;
      // Not the continuation, whose name only ends like this.
      for (let at = text.indexOf(member); at >= 0; at = text.indexOf(member, end)) {
        end = at + member.length;
        seen.push(now - (sent[seen.length] ?? now));
      }
      rest = text.slice(Math.max(end, text.length - member.length + 1));
      if (seen.length >= count) resolve();
    });
  });
  // Heard of before it is awaited.
  all.catch(() => undefined);
  socket.write(request);
  await subscribed;
  const writing = putSteadily(server, stream, count);
  ({ sent } = writing);
  await writing.done;
  await all;
  socket.removeAllListeners('close');
  socket.destroy();
  await deleteStream(server, stream);
  return seen.toSorted((a, b) => a - b);
}

async function registerConsumer(server: Contestant, stream: string): Promise<string> {
  const { StreamDescription: description } = await once(server, 'DescribeStream', { StreamName: stream });
  const { StreamARN: streamArn } = description as { readonly StreamARN: string };
  const { Consumer: consumer } = await once(server, 'RegisterStreamConsumer', {
    StreamARN: streamArn,
    ConsumerName: 'bench',
  });
  const { ConsumerARN: arn } = consumer as { readonly ConsumerARN: string };
  for (;;) {
    const { ConsumerDescription: found } = await once(server, 'DescribeStreamConsumer', { ConsumerARN: arn });
    if ((found as { readonly ConsumerStatus: string }).ConsumerStatus === 'ACTIVE') return arn;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const member = '"SequenceNumber"';
