import process from 'node:process';

/**
 * MD5 of the UTF-8 bytes of `text`, hexadecimal. The one place where the engine's platform shows. Node takes as long to
 * load its cryptography as a server takes for all of its engine, so that waits for the first key.
 */
export function md5Hex(text: string): string {
  return process.getBuiltinModule('node:crypto').hash('md5', text, 'hex');
}
