import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

import type { Figures } from './contestant.ts';
import type { Round } from './load.ts';

/** Where contestants find the server: over clear text, or over TLS as on AWS. */
export type Door = 'plain' | 'tls';

export interface BenchServer extends AsyncDisposable {
  readonly plain: string;
  readonly tls: string;
  /** A file that holds the certificate the server shows. */
  readonly certificateFile: string;
}

export interface Contestant extends AsyncDisposable {
  run(round: Round): Promise<Figures>;
}

/** Starts the embedded server in another process; it takes `latencyMs` more over each PutRecords. */
export async function startBenchServer(latencyMs = 0): Promise<BenchServer> {
  const child = start('server.ts', [String(latencyMs)], {});
  const [addresses] = (await once(child, 'message')) as [{ plain: string; tls: string; certificate: string }];
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const certificateFile = join(folder, 'certificate.pem');
  writeFileSync(certificateFile, addresses.certificate);
  return {
    ...addresses,
    certificateFile,
    async [Symbol.asyncDispose]() {
      rmSync(folder, { recursive: true });
      await stop(child);
    },
  };
}

/** Starts one way to put records; the process trusts the server's certificate. */
export function startContestant(name: string, server: BenchServer, door: Door): Contestant {
  const child = start('contestant.ts', [name, server[door]], { NODE_EXTRA_CA_CERTS: server.certificateFile });
  return {
    async run(round) {
      child.send(round);
      const [figures] = (await once(child, 'message')) as [Figures];
      return figures;
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

function start(file: string, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
  return fork(join(import.meta.dirname, file), args, {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...env },
  });
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}
