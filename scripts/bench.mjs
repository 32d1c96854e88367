// npm run bench -- NAME: one benchmark, of the built code, as its users run it. Figures on stdout as JSON lines, all else on stderr.
// npm run bench:interop -- NAME: one against a program of another language, which it installs itself.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

import { setup } from './setup.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const interop = process.argv[2] === '--interop';
const folder = interop ? join('benchmarks', 'interop') : 'benchmarks';
// The harness is what benchmarks share, not one of them.
const names = readdirSync(join(root, folder))
  .filter((file) => file.endsWith('.ts') && file !== 'harness.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted();

const [name, ...options] = process.argv.slice(interop ? 3 : 2);
if (name === undefined) {
  const list = names.map((each) => `  ${each}\n`).join('');
  process.stderr.write(
    `npm run ${interop ? 'bench:interop' : 'bench'} -- NAME, where NAME is one of:\n${list}`,
  );
} else if (names.includes(name)) {
  setup();
  process.exitCode = runBenchmark(name);
} else {
  process.stderr.write(`There is no benchmark ${JSON.stringify(name)}. There are: ${names.join(', ')}.\n`);
  process.exitCode = 2;
}

function runBenchmark(benchmark) {
  const file = join(folder, `${benchmark}.ts`);
  const args = ['--import', 'tsx', file, ...options];
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (error) process.stderr.write(`${error.message}\n`);
  return status ?? 1;
}
