import { hash } from 'node:crypto';

/** The 16 bytes of the MD5 of `bytes`. Kinesis places records, and the KPL format checks its bytes, by MD5. */
export function md5(bytes: Uint8Array): Uint8Array {
  return hash('md5', bytes, 'buffer');
}

/** The MD5 of the UTF-8 bytes of `text`, as 32 hexadecimal digits. A lone surrogate counts as U+FFFD. */
export function md5Hex(text: string): string {
  return hash('md5', text, 'hex');
}
