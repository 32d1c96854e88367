import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { resourceOf } from '../resource-reference.ts';
import { resourceArn } from '../resource-shapes.ts';
import { required, structure } from '../shape.ts';
import { streamId, tagKeys, tagMap } from '../shapes.ts';
import { checkTagCharacters, checkTags } from '../tag-rules.ts';

export interface ListTagsForResourceOutput {
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_TagResource.html}. */
export function tagResource({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(tagShape, input);
  const { tags, stream } = resourceOf(engine, request.ResourceARN);
  checkTags(request.Tags, tags);
  if (stream !== undefined) engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  for (const [key, value] of Object.entries(request.Tags)) tags.set(key, value);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UntagResource.html}. */
export function untagResource({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(untagShape, input);
  const { tags, stream } = resourceOf(engine, request.ResourceARN);
  checkTagCharacters(request.TagKeys);
  if (stream !== undefined) engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  for (const key of request.TagKeys) tags.delete(key);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForResource.html}. */
export function listTagsForResource({ engine }: OperationContext, input: unknown): ListTagsForResourceOutput {
  const { tags } = resourceOf(engine, accept(listShape, input).ResourceARN);
  const sorted = [...tags].toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { Tags: sorted.map(([Key, Value]) => ({ Key, Value })) };
}

const tagShape = structure({
  Tags: required(tagMap),
  ResourceARN: required(resourceArn),
  StreamId: streamId,
});

const untagShape = structure({
  TagKeys: required(tagKeys),
  ResourceARN: required(resourceArn),
  StreamId: streamId,
});

const listShape = structure({ ResourceARN: required(resourceArn), StreamId: streamId });
