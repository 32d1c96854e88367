import { keyAt, withEncryption } from '../../engine/encryption.ts';
import type { Engine } from '../../engine/engine.ts';
import { limits } from '../../engine/limits.ts';
import { invalidArgument } from '../../engine/service-error.ts';
import type { Stream } from '../../engine/stream.ts';
import { accept } from '../accept.ts';
import type { OperationContext } from '../operation.ts';
import { keyId } from '../resource-shapes.ts';
import { required, structure, type ValueOf } from '../shape.ts';
import { streamArn, streamId, streamName } from '../shapes.ts';
import { streamOf } from '../stream-reference.ts';

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StartStreamEncryption.html}. */
export function startStreamEncryption(context: OperationContext, input: unknown): undefined {
  const { engine, stream, request } = read(context, input);
  engine.kms.check(request.KeyId);
  engine.countChange(stream, 'encryptionStart', limits.encryptionChangesPerDay);
  change(engine, stream, request.KeyId);
  return undefined;
}

/** See {@link https://docs.aws.amazon.com/kinesis/latest/APIReference/API_StopStreamEncryption.html}. */
export function stopStreamEncryption(context: OperationContext, input: unknown): undefined {
  const { engine, stream } = read(context, input);
  engine.countChange(stream, 'encryptionStop', limits.encryptionChangesPerDay);
  change(engine, stream, undefined);
  return undefined;
}

/** What descriptions of a stream say of its encryption. */
export function describeEncryption(stream: Stream): {
  readonly EncryptionType: 'NONE' | 'KMS';
  readonly KeyId?: string;
} {
  const key = keyAt(stream.settings.encryption, Number.POSITIVE_INFINITY);
  return key === undefined ? { EncryptionType: 'NONE' } : { EncryptionType: 'KMS', KeyId: key };
}

const shape = structure({
  StreamName: streamName,
  EncryptionType: required({ type: 'string', values: ['NONE', 'KMS'] }),
  KeyId: required(keyId),
  StreamARN: streamArn,
  StreamId: streamId,
});

function read(
  { engine }: OperationContext,
  input: unknown,
): { readonly engine: Engine; readonly stream: Stream; readonly request: ValueOf<typeof shape> } {
  const request = accept(shape, input);
  const stream = streamOf(engine, request);
  if (request.EncryptionType !== 'KMS') throw invalidArgument('EncryptionType must be KMS.');
  engine.checkActive(stream);
  return { engine, stream, request };
}

function change(engine: Engine, stream: Stream, key: string | undefined): void {
  engine.update(stream, () => {
    const lastArrival = stream
      .shards(engine.now)
      .reduce((latest, shard) => Math.max(latest, shard.log.lastArrival), 0);
    stream.settings.encryption = withEncryption(stream.settings.encryption, key, engine.now, lastArrival);
  });
}
