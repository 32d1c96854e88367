import { checkType } from './check-type.ts';
import { checkConstraints } from './check-constraints.ts';
import type { Shape, ValueOf } from './shape.ts';

/**
 * The input of an operation as its type, without copying it. Throws `SerializationException` when a value is of
 * another kind than the model's, `ValidationException` when it breaks a constraint.
 */
export function accept<S extends Shape>(shape: S, input: unknown): ValueOf<S> {
  if (!conforms(shape, input)) throw new Error('unreachable: a shape that is not conformed to throws');
  return input;
}

function conforms<S extends Shape>(shape: S, input: unknown): input is ValueOf<S> {
  checkType(shape, input);
  checkConstraints(shape, input);
  return true;
}
