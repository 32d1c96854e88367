import { limits } from '../engine/limits.ts';
import { invalidArgument } from '../engine/service-error.ts';

/** Throws `InvalidArgumentException` for characters or a number of tags the service refuses. */
export function checkTags(
  tags: Readonly<Record<string, string>>,
  existing: ReadonlyMap<string, string> = new Map(),
): void {
  checkTagCharacters([...Object.keys(tags), ...Object.values(tags)]);
  const keys = new Set([...existing.keys(), ...Object.keys(tags)]);
  if (keys.size > limits.tagsPerStream) {
    throw invalidArgument(
      `Failed to add tags: a given resource cannot have more than ${limits.tagsPerStream} tags associated with it.`,
    );
  }
}

export function checkTagCharacters(texts: readonly string[]): void {
  if (texts.every((text) => allowed.test(text))) return;
  throw invalidArgument(
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.',
  );
}

const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-%@]*$/u;
