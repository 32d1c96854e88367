import type { Engine } from '../engine/engine.ts';
import { invalidArgument } from '../engine/service-error.ts';
import type { Stream } from '../engine/stream.ts';

/** How requests name a stream: by name, by ARN, or both. */
export interface StreamReference {
  readonly StreamName?: string | null | undefined;
  readonly StreamARN?: string | null | undefined;
}

/** The name a request means. Throws `InvalidArgumentException`, or `ResourceNotFoundException` for a foreign ARN. */
export function streamNameOf(engine: Engine, reference: StreamReference): string {
  const name = reference.StreamName ?? undefined;
  const arn = reference.StreamARN ?? undefined;
  if (arn === undefined) {
    if (name === undefined) throw invalidArgument('Either StreamName or StreamARN must be provided.');
    return name;
  }
  const named = nameOfArn(engine, arn);
  if (name !== undefined && name !== named) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${arn} do not refer to the same stream.`);
  }
  return named;
}

export function streamOf(engine: Engine, reference: StreamReference): Stream {
  return engine.stream(streamNameOf(engine, reference));
}

function nameOfArn(engine: Engine, arn: string): string {
  const [, , , region, account = '', resource = ''] = arn.split(':');
  const name = resource.split('/')[1] ?? '';
  if (account !== engine.options.accountId || region !== engine.options.region) {
    throw engine.streamNotFound(name, account);
  }
  return name;
}
