import {
  createConsumer,
  decodeLostRecord,
  deadLetter,
  lostToStream,
  MillraceError,
  rawStream,
} from '@millrace/kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { createLocalKinesis } from '@millrace/local';
import { expect, test } from 'vitest';

import { createFakeWriter, ok, throttled } from '../producer/fake-writer.ts';

const lost = {
  stream: 'orders',
  record: { partitionKey: 'ada', data: Uint8Array.of(1, 2, 255) },
  error: new MillraceError('PUT_DEADLINE', 'Late.', { advice: 'Wait.' }),
};

test('a record that cannot be handled goes to another stream, and comes back from there as it was put', async () => {
  await using kinesis = await createLocalKinesis({ streams: { orders: { shards: 1 }, dead: { shards: 1 } } });
  const { connection } = kinesis;
  const { record } = lost;
  await connection.writer.write('orders', [record], {});
  const consumer = createConsumer(rawStream('orders'), connection, {
    group: 'billing',
    from: 'oldest',
    pollInterval: 5,
    onFailure: deadLetter(lostToStream(connection, 'dead')),
    maxAttempts: 1,
  });
  const stop = new AbortController();
  const running = consumer.run({
    eachRecord: () => {
      throw new Error('poison');
    },
    signal: stop.signal,
  });
  const dead = createConsumer(rawStream('dead'), connection, {
    group: 'undertaker',
    from: 'oldest',
    pollInterval: 5,
  });
  for await (const { value, partitionKey } of dead) {
    const document = decodeLostRecord(new TextDecoder().decode(value));
    expect(document).toMatchObject({ stream: 'orders', record, error: { code: 'HANDLER_FAILED' } });
    expect(document.position).toMatchObject({ shardId: 'shardId-000000000000', subSequenceNumber: 0 });
    expect(partitionKey).toBe('ada');
    break;
  }
  stop.abort();
  await running;
});

test('a stream that throttles is asked again; one that refuses for good is not', async () => {
  const clock = createManualClock();
  const patient = createFakeWriter((entries, call) => entries.map(() => (call < 4 ? throttled() : ok())));
  const kept = lostToStream({ writer: patient }, 'dead', { clock })(lost);
  while (patient.stored.length === 0) await clock.next();
  await kept;
  expect(patient.calls).toHaveLength(4);
  const denied = { ok: false, code: 'KMSDisabledException', message: 'Off.' } as const;
  const deaf = createFakeWriter((entries) => entries.map(() => denied));
  await expect(lostToStream({ writer: deaf }, 'dead', { clock })(lost)).rejects.toMatchObject({
    code: 'SERVICE_FAILED',
    retryable: false,
    details: { service: 'KMSDisabledException' },
  });
  expect(deaf.calls).toHaveLength(1);
});
