import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';

/** What a producer came to that was fed all it would take while nothing could be stored. */
export interface Curve {
  /** What the producer may hold, MiB. */
  readonly boundMiB: number;
  /** Resident memory over what the process had before its first put, a figure each half second, MiB. */
  readonly rssMiB: readonly number[];
  /** Memory in use over that before the first put, at the end, after a collection, MiB. */
  readonly retainedMiB: number;
  readonly put: number;
  /** Records rejected at their deadline, with the reason; all the others have the same fate before the end. */
  readonly settled: number;
  readonly deadlineMs: number;
  /** How long after their acceptance 99.9 % of the records were settled, milliseconds. */
  readonly settledAfterMs: number;
}

/** Runs a producer of its own process against a service that is not there. */
export async function feedTheDead(kind: 'closed-port' | 'never-answers'): Promise<Curve> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  if (kind === 'closed-port') server.close();
  const child = fork(join(import.meta.dirname, 'dead-feeder.ts'), [`http://127.0.0.1:${port}`], {
    execArgv: ['--import', 'tsx', '--expose-gc'],
  });
  const [curve] = (await once(child, 'message')) as [Curve];
  if (child.exitCode === null) await once(child, 'exit');
  for (const socket of sockets) socket.destroy();
  server.close();
  return curve;
}
