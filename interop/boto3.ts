import { join } from 'node:path';

import type { Client } from './client.ts';
import { preparePython, runPython } from './python-env.ts';

/** boto3 goes the same round, and keeps a lease in the DynamoDB beside it. */
export const boto3: Client = {
  name: 'boto3',
  prepare: preparePython,
  async run(server) {
    await runPython('python', [join(import.meta.dirname, 'python', 'round_trip.py')], server.endpoint);
  },
};
