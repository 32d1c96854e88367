import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { startServer } from '@millrace/local';

import type { Client } from './client.ts';
import { mavenProject } from './maven.ts';
import { runCommand } from './run-command.ts';

const project = mavenProject('java');

/**
 * The AWS SDK for Java 2, which speaks CBOR: its blocking client over HTTP/1.1, and its asynchronous one, which
 * subscribes to shards, over HTTP/2 with and without TLS.
 */
export const javaSdk: Client = {
  name: 'java-sdk',
  prepare: () => project.build(),
  async run(server) {
    await runJava('sync', server.endpoint);
    await runJava('async', server.endpoint);
    await using secure = await startServer({ port: 0, tls: true });
    const certificate = join(project.folder, 'certificate.pem');
    writeFileSync(certificate, secure.certificate ?? '');
    await runJava('async', secure.tlsEndpoint ?? '', certificate);
  },
};

async function runJava(...args: readonly string[]): Promise<void> {
  await runCommand('java', project.command('roundtrip.RoundTrip', args));
}
