import { MillraceError } from '../errors.ts';

/** Loads what needs an optional peer; throws `PEER_MISSING` with the command to run when it is not installed. */
export async function withPeer<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (!isNotInstalled(cause, name)) throw cause;
    throw new MillraceError('PEER_MISSING', `${name} is not installed.`, {
      advice: `Run: npm install ${name}`,
      path: name,
      cause,
    });
  }
}

/** Whether it is `name` itself that could not be found, not something amiss inside it. */
export function isNotInstalled(error: unknown, name: string): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    error.code === 'ERR_MODULE_NOT_FOUND' &&
    error.message.includes(`package '${name}'`)
  );
}
