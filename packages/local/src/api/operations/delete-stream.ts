import { ServiceError } from '../../engine/service-error.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { structure } from '../shape.ts';
import { boolean, streamArn, streamId, streamName } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteStream.html}. */
export function deleteStream({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(shape, input);
  const stream = streamOf(engine, request);
  if (stream.consumers.size > 0 && request.EnforceConsumerDeletion !== true) {
    throw new ServiceError(
      'ResourceInUseException',
      `DeleteStream can't delete ${engine.options.accountId}:${stream.name} because there are consumers associated ` +
        `with this data stream. To delete ${stream.name} anyway, set the EnforceConsumerDeletion parameter to true ` +
        'to force the deletion of all the consumers that are associated with it.',
    );
  }
  if (engine.channels.of(stream).length > 0) {
    throw new ServiceError(
      'ResourceInUseException',
      `DeleteStream can't delete ${engine.options.accountId}:${stream.name} because there are channels associated ` +
        'with this data stream. Delete them first.',
    );
  }
  engine.deleteStream(stream.name);
  return undefined;
}

const shape = structure({
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
  EnforceConsumerDeletion: boolean,
});
