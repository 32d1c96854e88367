/** A function as a request names it. */
export interface FunctionName {
  readonly name: string;
  /** A version or an alias; undefined for none. */
  readonly qualifier: string | undefined;
}

/** Of an ARN's region, as the service prints it in a message. */
export const regionPattern: string = '(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\\d{1}';

export function isRegion(text: string): boolean {
  return new RegExp(`^(?:${regionPattern})$`).test(text);
}

/** As the service prints it in a message. */
export const functionNamePattern: string =
  `(arn:(aws[a-zA-Z-]*)?:lambda:)?(${regionPattern}:)?(\\d{12}:)?(function:)?` +
  '([a-zA-Z0-9-_\\.]+)(:(\\$LATEST(\\.PUBLISHED)?|[a-zA-Z0-9-_]+))?';

/** Reads a name, a partial or whole ARN, each with or without a version or alias. Undefined for anything else. */
export function parseFunctionName(text: string): FunctionName | undefined {
  const match = new RegExp(`^(?:${functionNamePattern})$`).exec(text);
  if (match === null) return undefined;
  // The last groups: the name, the qualifier with its colon, without it, and .PUBLISHED of it.
  const [name = '', , qualifier] = match.slice(-4);
  return { name, qualifier };
}

/** Whether two of them name the same function with the same qualifier, or both with none. */
export function namesSame(one: string, other: string): boolean {
  const [a, b] = [parseFunctionName(one), parseFunctionName(other)];
  return a !== undefined && a.name === b?.name && a.qualifier === b.qualifier;
}
