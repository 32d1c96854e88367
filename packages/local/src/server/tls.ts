import { isIPv4, isIPv6 } from 'node:net';
import { createSecureContext } from 'node:tls';

import { optionError, systemClock } from '@millrace/kinesis/runtime';

import { createCertificate, type Certificate } from './certificate.ts';

/**
 * The certificate to serve with: the one given, or for `true` a new one for localhost, its addresses, and `hosts`.
 * Throws `OPTION_INVALID` for one that is none.
 */
export function resolveCertificate(tls: true | Certificate, hosts: readonly string[]): Certificate {
  if (tls !== true) return checked(tls);
  const all = [...new Set(['localhost', '127.0.0.1', '::1', ...hosts])];
  return createCertificate({
    names: all.filter((host) => !isIPv4(host) && !isIPv6(host)),
    addresses: all.map(addressBytes).filter((bytes) => bytes !== undefined),
    // The machine's own time: clients check against theirs, whatever clock the streams run on.
    now: systemClock.now(),
  });
}

function checked(certificate: Certificate): Certificate {
  try {
    createSecureContext({ ...certificate });
    return certificate;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw optionError('server.tls', reason, 'a private key and the certificate for it, both in PEM');
  }
}

function addressBytes(host: string): Uint8Array | undefined {
  if (isIPv4(host)) return Uint8Array.from(host.split('.'), Number);
  if (!isIPv6(host)) return undefined;
  // The URL writes it in hexadecimal groups, whatever it had.
  const [before = '', after] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const [head, tail] = [groups(before), groups(after ?? '')];
  const all = [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function groups(text: string): readonly number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
}
