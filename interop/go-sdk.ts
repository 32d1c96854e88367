import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startServer } from '@millrace/local';

import type { Client } from './client.ts';
import { runCommand } from './run-command.ts';

const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'interop-go');
const program = join(folder, 'roundtrip');

/** The AWS SDK for Go 2: JSON over HTTP/1.1, subscriptions too, and over HTTP/2 behind TLS. */
export const goSdk: Client = {
  name: 'go-sdk',
  prepare: prepareGo,
  async run(server) {
    await runCommand(program, [server.endpoint]);
    await using secure = await startServer({ port: 0, tls: true });
    const certificate = join(folder, 'certificate.pem');
    writeFileSync(certificate, secure.certificate ?? '');
    await runCommand(program, [secure.tlsEndpoint ?? '', certificate]);
  },
};

function prepareGo(): string | undefined {
  if (spawnSync('go', ['version']).status !== 0) return 'there is no go';
  mkdirSync(folder, { recursive: true });
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: join(import.meta.dirname, 'go'),
    encoding: 'utf8',
  });
  if (built.status === 0) return undefined;
  // Without a way to its modules it cannot run here; a round trip that does not compile is a failure.
  if (/dial tcp|lookup |no such host|module lookup disabled/.test(built.stderr)) {
    return `go build failed: ${built.stderr.trim().split('\n').at(-1) ?? ''}`;
  }
  throw new Error(`go build failed: ${built.stderr.trim()}`);
}
