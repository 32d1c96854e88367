import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { streamArn, streamId, streamName, tagKey, tagKeys, tagMap } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';
import { checkTagCharacters, checkTags } from '../tag-rules.ts';

export interface ListTagsForStreamOutput {
  readonly Tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly HasMoreTags: boolean;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_AddTagsToStream.html}. */
export function addTagsToStream({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(addShape, input);
  const stream = streamOf(engine, request);
  const { tags } = stream;
  checkTags(request.Tags, tags);
  engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  for (const [key, value] of Object.entries(request.Tags)) tags.set(key, value);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RemoveTagsFromStream.html}. */
export function removeTagsFromStream({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(removeShape, input);
  const stream = streamOf(engine, request);
  const { tags } = stream;
  checkTagCharacters(request.TagKeys);
  engine.checkActive(stream, ['ACTIVE', 'UPDATING']);
  for (const key of request.TagKeys) tags.delete(key);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_ListTagsForStream.html}. */
export function listTagsForStream({ engine }: OperationContext, input: unknown): ListTagsForStreamOutput {
  const request = accept(listShape, input);
  const after = request.ExclusiveStartTagKey ?? '';
  const tags = [...streamOf(engine, request).tags]
    .filter(([key]) => key > after)
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  const shown = tags.slice(0, Math.floor(request.Limit ?? tags.length));
  return {
    Tags: shown.map(([Key, Value]) => ({ Key, Value })),
    HasMoreTags: shown.length < tags.length,
  };
}

const addShape = structure({
  Tags: required(tagMap),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

const removeShape = structure({
  TagKeys: required(tagKeys),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

const listShape = structure({
  Limit: { type: 'integer', min: 1, max: 50 },
  ExclusiveStartTagKey: tagKey,
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});
