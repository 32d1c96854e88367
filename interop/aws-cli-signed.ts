import assert from 'node:assert/strict';

import { startServer } from '@millrace/local';

import type { Client } from './client.ts';
import { preparePython, runPython } from './python-env.ts';

const right = { AWS_ACCESS_KEY_ID: 'AKID', AWS_SECRET_ACCESS_KEY: 'the right secret' };
const wrong = { ...right, AWS_SECRET_ACCESS_KEY: 'the wrong secret' };
const unknown = { ...right, AWS_ACCESS_KEY_ID: 'NOBODY' };
const temporary = {
  AWS_ACCESS_KEY_ID: 'TEMP',
  AWS_SECRET_ACCESS_KEY: 'for an hour',
  AWS_SESSION_TOKEN: 'token==',
};

/** The AWS CLI signs: a server that verifies signatures lets it in with the right secret only, whatever the service. */
export const awsCliSigned: Client = {
  name: 'aws-cli-signed',
  prepare: preparePython,
  async run() {
    await using server = await startServer({
      port: 0,
      streams: { s: {} },
      verifySignatures: {
        AKID: right.AWS_SECRET_ACCESS_KEY,
        TEMP: { secretAccessKey: temporary.AWS_SECRET_ACCESS_KEY, sessionToken: temporary.AWS_SESSION_TOKEN },
      },
    });
    const aws = (
      credentials: Readonly<Record<string, string>>,
      ...args: readonly string[]
    ): Promise<string> =>
      runPython('aws', [...args, '--output', 'json'], server.endpoint, {
        ...credentials,
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_MAX_ATTEMPTS: '1',
      });
    assert.match(await aws(right, 'kinesis', 'list-streams'), /"s"/);
    assert.match(await aws(right, 'cloudwatch', 'list-metrics'), /Metrics/);
    assert.match(await aws(temporary, 'dynamodb', 'list-tables'), /TableNames/);
    await assert.rejects(aws(wrong, 'kinesis', 'list-streams'), /\(InvalidSignatureException\)/);
    await assert.rejects(aws(wrong, 'cloudwatch', 'list-metrics'), /\(SignatureDoesNotMatch\)/);
    await assert.rejects(aws(unknown, 'kinesis', 'list-streams'), /\(UnrecognizedClientException\)/);
  },
};
