// npm run simulate: the deterministic simulation, from source. Its options are those of simulation/main.ts.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { install } from './setup.mjs';

install();

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const main = join(root, 'simulation', 'main.ts');
const args = ['--conditions=@millrace/source', '--import', 'tsx', main, ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
