import { describe, expect, test } from 'vitest';

import { createFanOut, failureOf } from './subscriber.ts';

const streamArn = 'arn:aws:kinesis:us-east-1:000000000000:stream/orders';

describe('stream consumers', () => {
  test('pass through CREATING, ACTIVE and DELETING as the clock goes', async () => {
    const { clock, call, register } = createFanOut({
      registerConsumerMs: 1000,
      deregisterConsumerMs: 2000,
    });
    const arn = register('billing');
    expect(arn).toBe(`${streamArn}/consumer/billing:1767225600`);
    const status = (): unknown => call('DescribeStreamConsumer', { ConsumerARN: arn });
    expect(status()).toEqual({
      ConsumerDescription: {
        ConsumerName: 'billing',
        ConsumerARN: arn,
        ConsumerStatus: 'CREATING',
        ConsumerCreationTimestamp: 1_767_225_600_000,
        StreamARN: streamArn,
      },
    });
    await clock.advance(1000);
    expect(status()).toMatchObject({ ConsumerDescription: { ConsumerStatus: 'ACTIVE' } });
    call('DeregisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'billing' });
    expect(status()).toMatchObject({ ConsumerDescription: { ConsumerStatus: 'DELETING' } });
    await clock.advance(2000);
    expect(failureOf(status)).toMatch(/^ResourceNotFoundException: Consumer billing under stream: orders/);
  });

  test('are listed in pages that neither repeat nor miss one', () => {
    const { call, register } = createFanOut();
    const names = Array.from({ length: 20 }, (_, at) => `consumer-${String(at).padStart(2, '0')}`);
    for (const name of names.toReversed()) register(name);
    const seen: string[] = [];
    let token: string | undefined;
    do {
      const page = call('ListStreamConsumers', {
        StreamARN: streamArn,
        MaxResults: 7,
        ...(token === undefined ? {} : { NextToken: token }),
      }) as { readonly Consumers: { readonly ConsumerName: string }[]; readonly NextToken?: string };
      seen.push(...page.Consumers.map(({ ConsumerName }) => ConsumerName));
      token = page.NextToken;
    } while (token !== undefined);
    expect(seen).toEqual(names);
  });

  test('are at most twenty a stream, five of them in creation, each name once', async () => {
    const { clock, register } = createFanOut({ registerConsumerMs: 10 });
    for (let at = 0; at < 20; at++) {
      if (at % 5 === 0) await clock.advance(10);
      register(`consumer-${at}`);
    }
    expect(failureOf(() => register('consumer-0'))).toBe(
      'ResourceInUseException: Consumer consumer-0 under stream: orders , account 000000000000 already exists.',
    );
    expect(failureOf(() => register('one-more'))).toMatch(/^LimitExceededException/);
    const other = createFanOut({ registerConsumerMs: 10 });
    for (let at = 0; at < 5; at++) other.register(`consumer-${at}`);
    expect(failureOf(() => other.register('sixth'))).toMatch(/^LimitExceededException: .* CREATING/);
  });

  test('are at most fifty on demand in an account with a committed minimum of throughput', () => {
    const { service, register } = createFanOut();
    const { engine } = service;
    for (let at = 0; at < 20; at++) register(`consumer-${at}`);
    engine.account.enable(engine.now);
    expect(failureOf(() => register('provisioned'))).toMatch(/^LimitExceededException: .* limit is 20/);
    engine.stream('orders').mode = 'ON_DEMAND';
    for (let at = 20; at < 50; at++) register(`consumer-${at}`);
    expect(failureOf(() => register('one-more'))).toMatch(/^LimitExceededException: .* limit is 50/);
  });

  test('keep their stream from being deleted by mistake', () => {
    const { service, register, call } = createFanOut();
    register('billing');
    expect(failureOf(() => call('DeleteStream', { StreamName: 'orders' }))).toMatch(
      /^ResourceInUseException: DeleteStream can't delete 000000000000:orders because there are consumers/,
    );
    call('DeleteStream', { StreamName: 'orders', EnforceConsumerDeletion: true });
    expect(service.engine.find('orders')).toBeUndefined();
  });

  test('are named by ARN, or by stream and name, but not by half or by two that differ', () => {
    const { call, register } = createFanOut();
    const [billing, audit] = [register('billing'), register('audit')];
    const describeWith = (input: object): unknown => call('DescribeStreamConsumer', input);
    expect(describeWith({ StreamARN: streamArn, ConsumerName: 'audit' })).toEqual(
      describeWith({ ConsumerARN: audit }),
    );
    expect(failureOf(() => describeWith({ ConsumerName: 'audit' }))).toMatch(/^InvalidArgumentException/);
    expect(failureOf(() => describeWith({ ConsumerARN: billing, ConsumerName: 'audit' }))).toMatch(
      /^InvalidArgumentException/,
    );
    expect(failureOf(() => call('RegisterStreamConsumer', { StreamARN: streamArn }))).toBe(
      "ValidationException: 1 validation error detected: Value null at 'consumerName' failed to satisfy constraint: " +
        'Member must not be null',
    );
  });
});
