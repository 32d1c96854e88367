import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { structure } from '../shape.ts';
import { boolean, streamArn, streamId, streamName } from '../shapes.ts';
import { streamNameOf } from '../stream-reference.ts';

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html}. */
export function deleteStream({ engine }: OperationContext, input: unknown): undefined {
  engine.deleteStream(streamNameOf(engine, accept(shape, input)));
  return undefined;
}

const shape = structure({
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
  EnforceConsumerDeletion: boolean,
});
