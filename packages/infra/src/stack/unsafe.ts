import { MillraceError } from '@millrace/kinesis/errors';

/**
 * Refuses what can lose records unless the user has said so in so many words.
 * Throws `OPTION_INVALID`, naming the option, what it loses and the switch that permits it.
 */
export function mustBeUnsafe<P extends string>(
  unsafe: { readonly [name in P]?: boolean } | undefined,
  permission: P,
  risk: { readonly path: string; readonly got: unknown; readonly loses: string; readonly instead: string },
): void {
  if (unsafe?.[permission] === true) return;
  const section = risk.path.slice(0, risk.path.lastIndexOf('.'));
  throw new MillraceError('OPTION_INVALID', `${risk.path} is ${String(risk.got)}: ${risk.loses}`, {
    advice: `Give ${risk.instead}, or say that it is meant: ${section}.unsafe.${permission}: true.`,
    path: risk.path,
    got: risk.got,
    allowed: risk.instead,
  });
}
