import { KinesisClient, ListStreamsCommand, PutRecordsCommand } from '@aws-sdk/client-kinesis';
import { createManualClock } from '@millrace/kinesis/testing';
import { describe, expect, test } from 'vitest';

import { createLocalKinesis } from '../../src/index.ts';

describe('the in-process door', () => {
  test('lets a call that is held back be aborted', async () => {
    const clock = createManualClock();
    await using kinesis = await createLocalKinesis({ clock, faults: () => ({ delayMs: 60_000 }) });
    const client = new KinesisClient(kinesis.clientConfig);
    const controller = new AbortController();
    const call = client.send(new ListStreamsCommand({}), { abortSignal: controller.signal });
    const abort = async (): Promise<void> => {
      while (clock.pending === 0) await clock.settle();
      controller.abort();
    };
    const [outcome] = await Promise.allSettled([call, abort()]);
    expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'AbortError' } });
  });

  test('lets the SDK retry what the service says may be retried', async () => {
    let calls = 0;
    await using kinesis = await createLocalKinesis({
      streams: { orders: {} },
      faults: ({ count }) => {
        calls = count;
        return count < 3 ? { error: { type: 'InternalFailure' } } : undefined;
      },
    });
    const client = new KinesisClient({ ...kinesis.clientConfig, maxAttempts: 3 });
    const { FailedRecordCount } = await client.send(
      new PutRecordsCommand({
        StreamName: 'orders',
        Records: [{ Data: new Uint8Array(1), PartitionKey: 'k' }],
      }),
    );
    expect(FailedRecordCount).toBe(0);
    expect(calls).toBe(3);
  });

  test('serves many clients at once, and goes on when one is destroyed', async () => {
    await using kinesis = await createLocalKinesis({ streams: { orders: {} } });
    const clients = Array.from({ length: 5 }, () => new KinesisClient(kinesis.clientConfig));
    clients[0]?.destroy();
    const answers = await Promise.all(clients.map((client) => client.send(new ListStreamsCommand({}))));
    expect(answers.map((answer) => answer.StreamNames)).toEqual(clients.map(() => ['orders']));
    expect(new Set(answers.map((answer) => answer.$metadata.requestId)).size).toBe(5);
  });

  test('keeps one Kinesis from another', async () => {
    await using one = await createLocalKinesis({ streams: { mine: {} } });
    await using other = await createLocalKinesis({ streams: { yours: {} } });
    const list = async (kinesis: typeof one): Promise<unknown> =>
      (await new KinesisClient(kinesis.clientConfig).send(new ListStreamsCommand({}))).StreamNames;
    expect(await list(one)).toEqual(['mine']);
    expect(await list(other)).toEqual(['yours']);
  });
});
