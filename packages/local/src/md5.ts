import { hash } from 'node:crypto';

/** MD5 of the UTF-8 bytes of `text`, hexadecimal. The one place where the engine's platform shows. */
export function md5Hex(text: string): string {
  return hash('md5', text, 'hex');
}
