import { MillraceError } from '@millrace/kinesis';

/** What cannot be read, and where: the expression with a caret below the place. */
export function whereError(text: string, at: number, problem: string): MillraceError {
  const shown = text.replace(/\s/gu, ' ');
  return new MillraceError(
    'OPTION_INVALID',
    `--where cannot be read at column ${at + 1}: ${problem}.\n    ${shown}\n    ${' '.repeat(at)}^`,
    {
      advice: 'How expressions are written: millrace help where',
      path: '--where',
      got: text,
      allowed: 'an expression such as value.total > 100',
    },
  );
}
