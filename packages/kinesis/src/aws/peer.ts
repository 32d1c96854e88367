import { MillraceError } from '../errors.ts';

/** Loads what needs an optional peer; throws `PEER_MISSING` with the command to run when it is not installed. */
export async function withPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isNotInstalled(cause)) throw cause;
    throw new MillraceError('PEER_MISSING', `${name} is not installed.`, {
      advice: `Run: npm install ${name}`,
      path: name,
      cause,
    });
  }
}

export function isNotInstalled(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
