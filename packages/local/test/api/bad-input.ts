import { base64 } from './test-service.ts';

/** Something wrong with a request, and the service's answer to it, word for word. */
export interface BadInput {
  readonly what: string;
  readonly operation: string;
  readonly input: object;
  readonly answer: string;
}

export const account: string = '000000000000';
export const longestHashKey: string = (2n ** 128n - 1n).toString();
export const tooLongKey: string = 'k'.repeat(257);
export const mebibyte: number = 1024 * 1024;
export const record: object = { Data: base64('x'), PartitionKey: 'k' };

/** The error for one broken constraint. */
export function one(problem: string): string {
  return `ValidationException: 1 validation error detected: ${problem}`;
}
