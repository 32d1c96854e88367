// Checks every published package as its users will get it: manifest, exports, types under every resolution.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
let failed = false;

for (const name of readdirSync(join(root, 'packages'))) {
  const folder = join(root, 'packages', name);
  if (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).private) continue;
  check(folder, 'publint', ['--strict']);
  check(folder, 'attw', ['--pack', '.', '--profile', 'esm-only']);
}
process.exit(failed ? 1 : 0);

function check(folder, tool, args) {
  const done = spawnSync(join(root, 'node_modules', '.bin', tool), args, { cwd: folder, encoding: 'utf8' });
  if (done.status === 0) return;
  failed = true;
  process.stderr.write(`${tool} found faults in ${folder}:\n${done.stdout}${done.stderr}\n`);
}
