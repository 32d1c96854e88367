import { expect, test } from 'vitest';

import { arnOf, streamArn, through, type Door } from './door.ts';

const registerConsumer = async (door: Door): Promise<string> => {
  const { Consumer } = await door.call('RegisterStreamConsumer', { StreamARN: streamArn, ConsumerName: 'c' });
  return Consumer.ConsumerARN;
};

test(
  'AddTagsToStream [happy path] adds and overwrites tags that either listing shows',
  through(async (door) => {
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { b: '1', a: '2' } });
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { b: '3' } });
    const Tags = [
      { Key: 'a', Value: '2' },
      { Key: 'b', Value: '3' },
    ];
    expect(await door.call('ListTagsForStream', { StreamName: 's' })).toEqual({ Tags, HasMoreTags: false });
    expect(await door.call('ListTagsForResource', { ResourceARN: streamArn })).toEqual({ Tags });
  }),
);
for (const [operation, name] of [
  ['AddTagsToStream', { StreamName: 's' }],
  ['TagResource', { ResourceARN: streamArn }],
] as const) {
  test(
    `${operation} [limits] keeps fifty tags of a resource`,
    through(async (door) => {
      const tags = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, 'v']));
      await door.call(operation, { ...name, Tags: tags });
      expect(await door.failure(operation, { ...name, Tags: { more: 'v' } })).toBe(
        'InvalidArgumentException: Failed to add tags: a given resource cannot have more than 50 tags associated with it.',
      );
      await expect(door.call(operation, { ...name, Tags: { k0: 'w' } })).resolves.toBeTypeOf('object');
    }),
  );
  test(
    `${operation} [validation] refuses keys and characters tags may not have`,
    through(async (door) => {
      expect(await door.failure(operation, { ...name, Tags: { ['x'.repeat(129)]: 'v' } })).toMatch(
        /Map keys must satisfy constraint: \[Member must have length less than or equal to 128/,
      );
      expect(await door.failure(operation, { ...name, Tags: { 'a;b': 'v' } })).toMatch(
        /^InvalidArgumentException/,
      );
    }),
  );
}
test(
  'RemoveTagsFromStream [happy path] removes tags, and ignores those that are not there',
  through(async (door) => {
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { a: '1', b: '2' } });
    await door.call('RemoveTagsFromStream', { StreamName: 's', TagKeys: ['a', 'z'] });
    expect((await door.call('ListTagsForStream', { StreamName: 's' })).Tags).toEqual([
      { Key: 'b', Value: '2' },
    ]);
  }),
);
test(
  'ListTagsForStream [pagination] goes on after a key',
  through(async (door) => {
    await door.call('AddTagsToStream', { StreamName: 's', Tags: { a: '1', b: '2', c: '3' } });
    const first = await door.call('ListTagsForStream', { StreamName: 's', Limit: 2 });
    expect(first).toMatchObject({ HasMoreTags: true, Tags: [{ Key: 'a' }, { Key: 'b' }] });
    const rest = await door.call('ListTagsForStream', { StreamName: 's', ExclusiveStartTagKey: 'b' });
    expect(rest).toEqual({ HasMoreTags: false, Tags: [{ Key: 'c', Value: '3' }] });
  }),
);
test(
  'TagResource [happy path] tags a consumer apart from its stream',
  through(async (door) => {
    const ResourceARN = await registerConsumer(door);
    await door.call('TagResource', { ResourceARN, Tags: { a: '1' } });
    expect((await door.call('ListTagsForResource', { ResourceARN })).Tags).toEqual([
      { Key: 'a', Value: '1' },
    ]);
    expect((await door.call('ListTagsForResource', { ResourceARN: streamArn })).Tags).toEqual([]);
  }),
);
test(
  'UntagResource [happy path] removes tags of a consumer',
  through(async (door) => {
    const ResourceARN = await registerConsumer(door);
    await door.call('TagResource', { ResourceARN, Tags: { a: '1', b: '2' } });
    await door.call('UntagResource', { ResourceARN, TagKeys: ['a'] });
    expect((await door.call('ListTagsForResource', { ResourceARN })).Tags).toEqual([
      { Key: 'b', Value: '2' },
    ]);
  }),
);
test(
  'ListTagsForResource [unknown resource] refuses a consumer that is not there',
  through(async (door) => {
    expect(await door.failure('ListTagsForResource', { ResourceARN: `${streamArn}/consumer/c:1` })).toMatch(
      /^ResourceNotFoundException: Consumer c under stream: s/,
    );
  }),
);
for (const operation of ['ListTagsForResource', 'GetResourcePolicy']) {
  test(
    `${operation} [not emulated] says that queues are not emulated`,
    through(async (door) => {
      expect(await door.failure(operation, { ResourceARN: arnOf('queue/q') })).toMatch(
        /Queues are not emulated/,
      );
    }),
  );
}

const policyOf = (action: string): string =>
  JSON.stringify({
    Statement: [{ Effect: 'Allow', Principal: '*', Action: action, Resource: streamArn }],
  });
test(
  'GetResourcePolicy [happy path] answers an empty policy when there is none',
  through(async (door) => {
    expect(await door.call('GetResourcePolicy', { ResourceARN: streamArn })).toEqual({ Policy: '{}' });
  }),
);
test(
  'PutResourcePolicy [happy path] keeps one policy each of a stream and a consumer',
  through(async (door) => {
    const consumer = await registerConsumer(door);
    await door.call('PutResourcePolicy', { ResourceARN: streamArn, Policy: policyOf('kinesis:PutRecord') });
    await door.call('PutResourcePolicy', {
      ResourceARN: streamArn,
      Policy: policyOf('kinesis:GetRecords'),
    });
    await door.call('PutResourcePolicy', {
      ResourceARN: consumer,
      Policy: policyOf('kinesis:SubscribeToShard'),
    });
    const { Policy } = await door.call('GetResourcePolicy', { ResourceARN: streamArn });
    expect(Policy).toBe(policyOf('kinesis:GetRecords'));
    const other = await door.call('GetResourcePolicy', { ResourceARN: consumer });
    expect(other.Policy).toBe(policyOf('kinesis:SubscribeToShard'));
  }),
);
test(
  'PutResourcePolicy [validation] refuses what is no policy',
  through(async (door) => {
    for (const Policy of ['', 'x', '{}', '{"Statement":[]}', '{"Statement":[{"Effect":"Allow"}]}']) {
      expect(await door.failure('PutResourcePolicy', { ResourceARN: streamArn, Policy })).toMatch(
        /^InvalidArgumentException: Policy is not valid/,
      );
    }
  }),
);
test(
  'DeleteResourcePolicy [happy path] leaves no policy, and minds not when there was none',
  through(async (door) => {
    await door.call('PutResourcePolicy', { ResourceARN: streamArn, Policy: policyOf('kinesis:PutRecord') });
    await door.call('DeleteResourcePolicy', { ResourceARN: streamArn });
    await door.call('DeleteResourcePolicy', { ResourceARN: streamArn });
    expect(await door.call('GetResourcePolicy', { ResourceARN: streamArn })).toEqual({ Policy: '{}' });
  }),
);

for (const [operation, input] of [
  ['AddTagsToStream', { StreamName: 'n', Tags: { a: '1' } }],
  ['RemoveTagsFromStream', { StreamName: 'n', TagKeys: ['a'] }],
  ['TagResource', { ResourceARN: arnOf('stream/n'), Tags: { a: '1' } }],
  ['UntagResource', { ResourceARN: arnOf('stream/n'), TagKeys: ['a'] }],
] as const) {
  test(
    `${operation} [states] is refused while the stream is CREATING`,
    through(
      async (door) => {
        await door.call('CreateStream', { StreamName: 'n', ShardCount: 1, Tags: { b: '2' } });
        expect(await door.failure(operation, input)).toMatch(/^ResourceInUseException: .*in state CREATING$/);
        expect((await door.call('ListTagsForStream', { StreamName: 'n' })).Tags).toHaveLength(1);
        await door.clock.advance(1000);
        await expect(door.call(operation, input)).resolves.toBeTypeOf('object');
      },
      { createStreamTime: 1000 },
    ),
  );
}
