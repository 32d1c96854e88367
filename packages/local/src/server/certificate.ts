import { createHash, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';

export interface Certificate {
  /** PEM. */
  readonly key: string;
  /** PEM. */
  readonly cert: string;
}

export interface CertificateOptions {
  /** Names and addresses it is good for. */
  readonly names: readonly string[];
  /** IPv4 and IPv6 addresses it is good for, as their bytes. */
  readonly addresses: readonly Uint8Array[];
  /** Valid from an hour before this, for a year. Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * A certificate that vouches for itself, with a P-256 key of its own: a client that trusts it as an authority accepts
 * the server behind it. X.509 version 3 in DER, RFC 5280.
 */
export function createCertificate(options: CertificateOptions): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const toSign = describe(publicKey, options);
  const certificate = sequence(
    toSign,
    ecdsaWithSha256,
    bitString(sign('sha256', toSign, { key: privateKey, dsaEncoding: 'der' })),
  );
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: toPem('CERTIFICATE', certificate),
  };
}

const yearMs = 365 * 24 * 3_600_000;
const hourMs = 3_600_000;

function describe(publicKey: KeyObject, { names, addresses, now }: CertificateOptions): Buffer {
  const keyInfo = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = createHash('sha1').update(keyInfo).digest();
  const name = sequence(
    set(sequence(oid(commonName), element(tags.utf8String, Buffer.from('Millrace local')))),
  );
  const alternatives = [
    ...names.map((text) => element(tags.dnsName, Buffer.from(text))),
    ...addresses.map((bytes) => element(tags.ipAddress, bytes)),
  ];
  return sequence(
    element(tags.context0, integer(Buffer.from([2]))),
    // Positive and not zero-led: clients remember a certificate by issuer and number, so each has its own.
    integer(Buffer.concat([Buffer.from([1]), keyId.subarray(0, 8)])),
    ecdsaWithSha256,
    name,
    sequence(time(now - hourMs), time(now + yearMs)),
    name,
    keyInfo,
    element(
      tags.context3,
      sequence(
        extension(subjectKeyIdentifier, element(tags.octetString, keyId)),
        extension(basicConstraints, sequence(boolean(true)), 'critical'),
        // digitalSignature and keyCertSign, of nine bits the first and sixth.
        extension(keyUsage, element(tags.bitString, Buffer.from([2, 0b1000_0100])), 'critical'),
        extension(extendedKeyUsage, sequence(oid(serverAuth))),
        extension(subjectAltName, sequence(...alternatives)),
      ),
    ),
  );
}

const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  dnsName: 0x82,
  ipAddress: 0x87,
  context0: 0xa0,
  context3: 0xa3,
} as const;

const commonName = [0x55, 0x04, 0x03];
const subjectKeyIdentifier = [0x55, 0x1d, 0x0e];
const keyUsage = [0x55, 0x1d, 0x0f];
const subjectAltName = [0x55, 0x1d, 0x11];
const basicConstraints = [0x55, 0x1d, 0x13];
const extendedKeyUsage = [0x55, 0x1d, 0x25];
const serverAuth = [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01];
const ecdsaWithSha256 = sequence(oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]));

function extension(id: readonly number[], value: Buffer, critical?: 'critical'): Buffer {
  const octets = element(tags.octetString, value);
  return critical === undefined ? sequence(oid(id), octets) : sequence(oid(id), boolean(true), octets);
}

/** With two digits of the year through 2049, as the standard has it. */
function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/[-:T]|\.\d+/g, '');
  return digits < '2050'
    ? element(tags.utcTime, Buffer.from(digits.slice(2)))
    : element(tags.generalizedTime, Buffer.from(digits));
}

function sequence(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.sequence, Buffer.concat(parts));
}

function set(...parts: readonly Uint8Array[]): Buffer {
  return element(tags.set, Buffer.concat(parts));
}

function oid(bytes: readonly number[]): Buffer {
  return element(tags.oid, Buffer.from(bytes));
}

function integer(bytes: Uint8Array): Buffer {
  return element(tags.integer, bytes);
}

function boolean(value: boolean): Buffer {
  return element(tags.boolean, Buffer.from([value ? 0xff : 0]));
}

/** Of whole bytes. */
function bitString(bytes: Uint8Array): Buffer {
  return element(tags.bitString, Buffer.concat([Buffer.from([0]), bytes]));
}

/** Tag, length, value: short lengths in one byte, longer ones led by how many bytes they take. */
function element(tag: number, value: Uint8Array): Buffer {
  const { length } = value;
  const digits: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  const head = length < 0x80 ? [tag, length] : [tag, 0x80 + digits.length, ...digits];
  return Buffer.concat([Buffer.from(head), value]);
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
