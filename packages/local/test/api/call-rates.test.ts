import { expect, test } from 'vitest';

import { CallRates } from '../../src/api/call-rates.ts';

const account = '000000000000';

test('calls over the rate of the account are refused, whatever stream they name, until the second is over', () => {
  const rates = new CallRates(account);
  for (let call = 0; call < 10; call++) rates.take('DescribeStream', `s${call}`, 0);
  expect(() => rates.take('DescribeStream', 's', 999)).toThrow(
    `Rate exceeded for stream s under account ${account}.`,
  );
  expect(() => rates.take('DescribeStream', undefined, 999)).toThrow(
    `Rate exceeded under account ${account}.`,
  );
  expect(() => rates.take('DescribeStream', 's', 1000)).not.toThrow();
});

test('calls over the rate of a stream leave other streams and other operations alone', () => {
  const rates = new CallRates(account);
  for (let call = 0; call < 20; call++) rates.take('DescribeStreamSummary', 's', 0);
  expect(() => rates.take('DescribeStreamSummary', 's', 0)).toThrow(/^Rate exceeded/);
  expect(() => rates.take('DescribeStreamSummary', 't', 0)).not.toThrow();
  expect(() => rates.take('ListShards', 's', 0)).not.toThrow();
});

test('operations on records have no rate but that of their shard', () => {
  const rates = new CallRates(account);
  for (let call = 0; call < 100_000; call++) rates.take('PutRecords', 's', 0);
  expect(() => rates.take('GetRecords', 's', 0)).not.toThrow();
});
