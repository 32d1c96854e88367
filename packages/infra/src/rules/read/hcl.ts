import type { Place } from '../node.ts';
import { placesOfHcl } from './hcl-places.ts';
import { ReadProblem } from './read-problem.ts';

/** What a file of HCL parses to: JSON in which expressions are text such as `${var.name}`. */
export type Hcl = string | number | boolean | null | readonly Hcl[] | { readonly [name: string]: Hcl };

export interface HclFile {
  readonly file: string;
  readonly content: { readonly [name: string]: Hcl };
  readonly places: ReadonlyMap<string, Place>;
}

/** Throws {@link ReadProblem}. Loads the parser, HashiCorp's own, with the first file. */
export async function parseHcl(file: string, text: string): Promise<HclFile> {
  const content = await parseText(file, text);
  return { file, content, places: placesOfHcl(file, text) };
}

/** The value of an expression that is a literal but for references in it. Undefined when it is not. */
export async function parseExpression(expression: string): Promise<Hcl | undefined> {
  try {
    return (await parseText('expression', `value = ${expression}\n`))['value'];
  } catch {
    return undefined;
  }
}

async function parseText(file: string, text: string): Promise<{ readonly [name: string]: Hcl }> {
  const { parse } = await import('@cdktf/hcl2json');
  let parsed: unknown;
  try {
    parsed = await parse(file, text);
  } catch (error) {
    throw problemOf(file, error);
  }
  return isBody(parsed) ? parsed : {};
}

/** The parser's words hold the place: `…:2,6-7: Invalid expression; …`. */
function problemOf(file: string, error: unknown): ReadProblem {
  const message = error instanceof Error ? error.message : String(error);
  const [, line = '1', column = '1', what = message] = /:(\d+),(\d+)(?:-[\d,]+)?: ([^]*)/.exec(message) ?? [];
  return new ReadProblem(
    { file, line: Number(line), column: Number(column) },
    `It is no HCL: ${what.trim().split('\n')[0] ?? ''}`,
  );
}

export function isBody(value: unknown): value is { readonly [name: string]: Hcl } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isHclList(value: Hcl | undefined): value is readonly Hcl[] {
  return Array.isArray(value);
}
