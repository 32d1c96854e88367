import type { WireRequest } from '../wire/message.ts';

/** What a request of the JSON protocol asks for; one that cannot be read is refused by its service, not here. */
export function jsonCall({ headers, body }: WireRequest): {
  readonly operation: string;
  readonly input: unknown;
} {
  const operation = headers['x-amz-target']?.split('.')[1] ?? '';
  try {
    const input: unknown = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body));
    return { operation, input };
  } catch {
    return { operation, input: undefined };
  }
}
