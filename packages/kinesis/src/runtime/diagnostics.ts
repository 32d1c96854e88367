import { channel } from 'node:diagnostics_channel';

/**
 * Publishes on the `millrace:<name>` diagnostics channel. Costs one property read when nobody listens, and needs
 * no dependency: subscribe with `node:diagnostics_channel`.
 *
 * @example
 * ```ts
 * publish('producer:request', () => ({ stream, entries: 500 }));
 * ```
 */
export function publish(name: string, message: () => object): void {
  const target = channel(`millrace:${name}`);
  if (target.hasSubscribers) target.publish(message());
}
