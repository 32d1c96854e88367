import { expect, test } from 'vitest';

/** The doors of the package. What stands here is promised to users; a change is a decision. */
const doors = {
  '.': () => import('@millrace/kinesis'),
  aws: () => import('@millrace/kinesis/aws'),
  codec: () => import('@millrace/kinesis/codec'),
  consumer: () => import('@millrace/kinesis/consumer'),
  lambda: () => import('@millrace/kinesis/lambda'),
  lease: () => import('@millrace/kinesis/lease'),
  memory: () => import('@millrace/kinesis/memory'),
  producer: () => import('@millrace/kinesis/producer'),
  record: () => import('@millrace/kinesis/record'),
  runtime: () => import('@millrace/kinesis/runtime'),
  shard: () => import('@millrace/kinesis/shard'),
  source: () => import('@millrace/kinesis/source'),
  stream: () => import('@millrace/kinesis/stream'),
  testing: () => import('@millrace/kinesis/testing'),
};

test('every door gives exactly what it promises', async () => {
  const names: Record<string, readonly string[]> = {};
  for (const [door, open] of Object.entries(doors)) names[door] = Object.keys(await open()).toSorted();
  expect(names).toMatchSnapshot();
});
