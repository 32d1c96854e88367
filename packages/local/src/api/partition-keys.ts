import type { Engine } from '../engine/engine.ts';
import { subjectOf } from './call-subject.ts';

/**
 * Whether the stream a put names distributes its records itself. Then partition keys may be missing, and those given
 * are kept but mean nothing.
 */
export function needsNoPartitionKey(engine: Engine, input: unknown): boolean {
  const { stream } = subjectOf(engine, input);
  return stream !== undefined && engine.find(stream)?.settings.distribution === 'AUTO';
}
