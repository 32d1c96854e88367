// `npm start`: sets the clone up, then runs the main job on real data. Its options are those of examples/src/flights.
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { setup } from './setup.mjs';

setup();

const main = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples', 'dist', 'flights', 'main.js');
const job = spawn(process.execPath, [main, ...process.argv.slice(2)], {
  stdio: 'inherit',
  // The SDK's reminder that Node 20 is old would stand between the lines of the progress.
  env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true', ...process.env },
});
// A terminal signals the whole group; a supervisor only us.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => job.kill(signal));
job.on('exit', (code, signal) => process.exit(code ?? (signal === null ? 1 : 128 + 15)));
