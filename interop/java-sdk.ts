import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

import { startServer } from '@millrace/local';

import type { Client } from './client.ts';
import { runCommand } from './run-command.ts';

const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'interop-java');

/**
 * The AWS SDK for Java 2, which speaks CBOR: its blocking client over HTTP/1.1, and its asynchronous one, which
 * subscribes to shards, over HTTP/2 with and without TLS.
 */
export const javaSdk: Client = {
  name: 'java-sdk',
  prepare: prepareJava,
  async run(server) {
    await runJava('sync', server.endpoint);
    await runJava('async', server.endpoint);
    await using secure = await startServer({ port: 0, tls: true });
    const certificate = join(folder, 'certificate.pem');
    writeFileSync(certificate, secure.certificate ?? '');
    await runJava('async', secure.tlsEndpoint ?? '', certificate);
  },
};

function prepareJava(): string | undefined {
  for (const tool of ['java', 'mvn']) {
    const found = spawnSync(tool, ['-version'], { encoding: 'utf8' });
    if (found.status !== 0) return `there is no ${tool}`;
  }
  const built = spawnSync(
    'mvn',
    ['--quiet', '--batch-mode', '--file', join(import.meta.dirname, 'java', 'pom.xml'), 'package'],
    { encoding: 'utf8' },
  );
  if (built.status === 0) return undefined;
  // Without a way to its packages it cannot run here; a round trip that does not compile is a failure.
  if (/Could not (?:transfer|resolve|find) |offline/.test(built.stdout)) {
    return `mvn package failed: ${built.stdout.trim().split('\n')[0] ?? ''}`;
  }
  throw new Error(`mvn package failed: ${built.stdout.trim()}`);
}

function runJava(...args: readonly string[]): Promise<void> {
  const classPath = [join(folder, 'classes'), join(folder, 'dependency', '*')].join(delimiter);
  return runCommand('java', ['-cp', classPath, 'roundtrip.RoundTrip', ...args]);
}
