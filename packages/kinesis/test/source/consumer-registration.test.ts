import { ConsumerRegistration, type FanOut, type StreamConsumer } from '@millrace/kinesis/source';
import { createManualClock, type ManualClock } from '@millrace/kinesis/testing';
import { expect, test } from 'vitest';

const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders/consumer/billing:1';

/** A stream whose consumer is as far as said, and a registration of it. */
function setup(): {
  readonly clock: ManualClock;
  readonly registration: ConsumerRegistration;
  readonly service: { status: StreamConsumer['status'] | undefined; looks: number };
} {
  const clock = createManualClock();
  const service: ReturnType<typeof setup>['service'] = { status: undefined, looks: 0 };
  const consumer = (): StreamConsumer | undefined =>
    service.status && { name: 'billing', arn, status: service.status };
  const fanOut: FanOut = {
    async describeConsumer() {
      service.looks++;
      return consumer();
    },
    async registerConsumer() {
      service.status = 'CREATING';
      return { name: 'billing', arn, status: 'CREATING' };
    },
    async deregisterConsumer() {
      service.status = undefined;
    },
    subscribe: () => Promise.reject(new Error('Nobody subscribes.')),
  };
  const reader = {
    describeStream: async () => ({ arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/orders' }) as never,
  };
  const registration = new ConsumerRegistration(
    { fanOut, reader },
    { stream: 'orders', name: 'billing', clock },
  );
  return { clock, registration, service };
}

test('a registration goes on while anybody waits for it, and ends with the last who does', async () => {
  const { clock, registration, service } = setup();
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => registration.arn(signal));
  await clock.advance(1200);
  first.abort();
  await expect(waiting[0]).rejects.toMatchObject({ code: 'ABORTED' });
  const looks = service.looks;
  await clock.advance(1200);
  expect(service.looks).toBeGreaterThan(looks);
  second.abort();
  await expect(waiting[1]).rejects.toMatchObject({ code: 'ABORTED' });
  expect(clock.pending).toBe(0);
});

test.each(['in the same moment', 'later'])(
  'whoever asks %s as the last who waited leaves is not given up with it',
  async (when) => {
    const { clock, registration, service } = setup();
    const leaving = new AbortController();
    const left = registration.arn(leaving.signal).catch(() => 'left');
    await clock.advance(1200);
    leaving.abort();
    if (when === 'later') await left;
    const asked = registration.arn(new AbortController().signal);
    service.status = 'ACTIVE';
    await clock.advance(500);
    await expect(Promise.all([left, asked])).resolves.toEqual(['left', arn]);
    expect(clock.pending).toBe(0);
  },
);

test('a registration that was made is kept when who waited for it leave, and made again once forgotten', async () => {
  const { clock, registration, service } = setup();
  service.status = 'ACTIVE';
  const { signal } = new AbortController();
  await expect(registration.arn(signal)).resolves.toBe(arn);
  await expect(registration.arn(AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(registration.arn(signal)).resolves.toBe(arn);
  expect(service.looks).toBe(1);
  registration.forget();
  await expect(registration.arn(signal)).resolves.toBe(arn);
  expect(service.looks).toBe(2);
  expect(clock.pending).toBe(0);
});
