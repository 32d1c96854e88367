import { limits } from '../../engine/limits.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { required, structure } from '../shape.ts';
import { integer, streamArn, streamId, streamName } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html}. */
export function increaseStreamRetentionPeriod(context: OperationContext, input: unknown): undefined {
  const { stream, hours } = read(context, input);
  if (hours < stream.retentionHours) throw wrongWay(stream, hours, 'shorter', 'Decrease');
  context.engine.update(stream, () => {
    stream.retentionHours = hours;
  });
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DecreaseStreamRetentionPeriod.html}. */
export function decreaseStreamRetentionPeriod(context: OperationContext, input: unknown): undefined {
  const { stream, hours } = read(context, input);
  if (hours > stream.retentionHours) throw wrongWay(stream, hours, 'longer', 'Increase');
  context.engine.update(stream, () => {
    stream.retentionHours = hours;
  });
  return undefined;
}

const shape = structure({
  RetentionPeriodHours: required(integer),
  StreamName: streamName,
  StreamARN: streamArn,
  StreamId: streamId,
});

function read({ engine }: OperationContext, input: unknown): { stream: Stream; hours: number } {
  const request = accept(shape, input);
  const stream = streamOf(engine, request);
  const hours = Math.floor(request.RetentionPeriodHours);
  if (hours < limits.defaultRetentionHours) {
    throw invalidArgument(
      `Minimum allowed retention period is ${limits.defaultRetentionHours} hours. Requested retention period ` +
        `(${hours} hours) is too short.`,
    );
  }
  if (hours > limits.longestRetentionHours) {
    throw invalidArgument(
      `Maximum allowed retention period is ${limits.longestRetentionHours} hours. Requested retention period ` +
        `(${hours} hours) is too long.`,
    );
  }
  engine.checkActive(stream);
  return { stream, hours };
}

function wrongWay(stream: Stream, hours: number, how: string, other: string): Error {
  return invalidArgument(
    `Requested retention period (${hours} hours) for stream ${stream.name} can not be ${how} than existing retention ` +
      `period (${stream.retentionHours} hours). Use ${other}RetentionPeriod API.`,
  );
}
