// `npm run test:interop [-- NAME …]`: real third-party clients against a Millrace server.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { install } from './setup.mjs';

install();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = spawnSync(
  process.execPath,
  [
    '--conditions=@millrace/source',
    '--import',
    'tsx',
    join(root, 'interop', 'run.ts'),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit' },
);
process.exit(run.status ?? 1);
