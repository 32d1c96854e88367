/** A function as a request names it. */
export interface FunctionName {
  readonly name: string;
  /** A version or an alias; undefined for none. */
  readonly qualifier: string | undefined;
}

/** As the service prints it in a message. */
export const functionNamePattern: string =
  '(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?(\\d{12}:)?(function:)?' +
  '([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?';

/** Reads a name, a partial or whole ARN, each with or without a version or alias. Undefined for anything else. */
export function parseFunctionName(text: string): FunctionName | undefined {
  const match = new RegExp(`^(?:${functionNamePattern})$`).exec(text);
  if (match === null) return undefined;
  const [name = '', , qualifier] = match.slice(7);
  return { name, qualifier };
}
