import { startServer } from '@millrace/local';

import { awsKcl } from './aws-kcl.ts';
import { awsCliCloudwatch } from './aws-cli-cloudwatch.ts';
import { awsCliSigned } from './aws-cli-signed.ts';
import { awsCli } from './aws-cli.ts';
import { boto3 } from './boto3.ts';
import type { Client } from './client.ts';
import { goSdk } from './go-sdk.ts';
import { javaSdk } from './java-sdk.ts';
import { kcl, kcl2 } from './kcl.ts';
import { kclDeaggregator, kpl } from './kpl.ts';
import { pythonHandler } from './python-handler.ts';
import { terraform } from './terraform.ts';

const clients: readonly Client[] = [
  awsCli,
  awsCliCloudwatch,
  awsCliSigned,
  boto3,
  goSdk,
  javaSdk,
  kpl,
  kclDeaggregator,
  kcl,
  kcl2,
  awsKcl,
  pythonHandler,
  terraform,
];
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !clients.some((client) => client.name === name));
if (unknown.length > 0) {
  console.error(`No client ${unknown.join(', ')}; there are ${clients.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

let [passed, failed, skipped] = [0, 0, 0];
for (const client of clients) {
  if (wanted.length > 0 && !wanted.includes(client.name)) continue;
  const reason = client.prepare();
  if (reason !== undefined) {
    skipped++;
    console.log(`skip ${client.name}: ${reason}`);
    continue;
  }
  await using server = await startServer({ port: 0 });
  const startedAt = performance.now();
  try {
    await client.run(server);
    passed++;
    console.log(`ok   ${client.name} (${Math.round(performance.now() - startedAt)} ms)`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${client.name}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (passed === 0 && failed === 0) console.log('Nothing ran, so nothing is shown.');
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
