import { isObject } from '@millrace/kinesis/runtime';

import type { Engine } from '../../engine/engine.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { resourceOf } from '../resource-reference.ts';
import { resourceArn } from '../resource-shapes.ts';
import { required, structure } from '../shape.ts';
import { streamId } from '../shapes.ts';

export interface GetResourcePolicyOutput {
  readonly Policy: string;
}

/** Kept and handed back, never enforced. See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutResourcePolicy.html}. */
export function putResourcePolicy({ engine }: OperationContext, input: unknown): undefined {
  const request = accept(putShape, input);
  const stream = ownerOf(engine, request.ResourceARN);
  checkPolicy(request.Policy);
  engine.checkActive(stream);
  stream.settings.policies.set(request.ResourceARN, request.Policy);
  return undefined;
}

/** Answers `{}` when there is none. See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetResourcePolicy.html}. */
export function getResourcePolicy({ engine }: OperationContext, input: unknown): GetResourcePolicyOutput {
  const { ResourceARN: arn } = accept(shape, input);
  return { Policy: ownerOf(engine, arn).settings.policies.get(arn) ?? '{}' };
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_DeleteResourcePolicy.html}. */
export function deleteResourcePolicy({ engine }: OperationContext, input: unknown): undefined {
  const { ResourceARN: arn } = accept(shape, input);
  const stream = ownerOf(engine, arn);
  engine.checkActive(stream);
  stream.settings.policies.delete(arn);
  return undefined;
}

const shape = structure({ ResourceARN: required(resourceArn), StreamId: streamId });

const putShape = structure({
  ResourceARN: required(resourceArn),
  StreamId: streamId,
  Policy: required({ type: 'string' }),
});

/** The stream a policy is kept with: streams and consumers have one, channels have none. */
function ownerOf(engine: Engine, arn: string): Stream {
  const { stream } = resourceOf(engine, arn);
  if (stream === undefined) {
    throw invalidArgument(
      `Resource ${arn} is neither a data stream nor a consumer, and has no resource policy.`,
    );
  }
  return stream;
}

function checkPolicy(text: string): void {
  const policy = parse(text);
  const statements = isObject(policy) ? [policy['Statement'] ?? []].flat() : [];
  const complete = statements.every(
    (statement) =>
      isObject(statement) &&
      (statement['Effect'] === 'Allow' || statement['Effect'] === 'Deny') &&
      statement['Principal'] !== undefined &&
      statement['Action'] !== undefined,
  );
  if (statements.length > 0 && complete) return;
  throw invalidArgument(
    'Policy is not valid: it must be JSON with statements that each have an Effect, a Principal and an Action.',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
