import type { hash as Hash } from 'node:crypto';

/** Comes with the first hash: it takes as long to load as all else a Lambda function imports of us, and so would `node:process`. */
let hash: typeof Hash | undefined;

/** The 16 bytes of the MD5 of `bytes`. Kinesis places records, and the KPL format checks its bytes, by MD5. */
export function md5(bytes: Uint8Array): Uint8Array {
  return hasher()('md5', bytes, 'buffer');
}

/** The MD5 of the UTF-8 bytes of `text`, as 32 hexadecimal digits. A lone surrogate counts as U+FFFD. */
export function md5Hex(text: string): string {
  return hasher()('md5', text, 'hex');
}

function hasher(): typeof Hash {
  hash ??= process.getBuiltinModule('node:crypto').hash;
  return hash;
}
