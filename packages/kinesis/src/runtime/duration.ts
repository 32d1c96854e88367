import { optionError } from './options.ts';

/** `'250ms'`, `'15s'`, `'5m'`, `'2h'`, `'3d'`, or a number of milliseconds. */
export type Duration = number | `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unit: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A duration in milliseconds; `path` names the option in the error. Throws `OPTION_INVALID`.
 *
 * @example
 * ```ts
 * toMilliseconds('15s', 'consumer.leaseDuration'); // 15_000
 * ```
 */
export function toMilliseconds(duration: number | string, path: string): number {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration) : undefined;
  const value = match ? Number(match[1]) * (unit[match[2] ?? ''] ?? Number.NaN) : duration;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) {
    throw optionError(path, duration, "a number of milliseconds ≥ 0, or '250ms', '15s', '5m', '2h', '3d'");
  }
  return value;
}
