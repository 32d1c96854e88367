// npm run bench -- NAME: one benchmark, from source. Figures on stdout as JSON lines, all else on stderr.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
// The harness is what benchmarks share, not one of them.
const names = readdirSync(`${root}benchmarks`)
  .filter((file) => file.endsWith('.ts') && file !== 'harness.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .toSorted();

const [name, ...options] = process.argv.slice(2);
if (name === undefined) {
  process.stderr.write(
    `npm run bench -- NAME, where NAME is one of:\n${names.map((each) => `  ${each}\n`).join('')}`,
  );
} else if (names.includes(name)) {
  process.exitCode =
    install() ||
    run('node', ['--conditions=@millrace/source', '--import', 'tsx', `benchmarks/${name}.ts`, ...options]);
} else {
  process.stderr.write(`There is no benchmark ${JSON.stringify(name)}. There are: ${names.join(', ')}.\n`);
  process.exitCode = 2;
}

function install() {
  if (existsSync(`${root}node_modules/tsx`)) return 0;
  process.stderr.write('Installing dependencies …\n');
  return run('npm', ['ci'], ['ignore', 2, 2]);
}

/** The exit code of a command run in the repository. */
function run(command, args, stdio = 'inherit') {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio });
  if (error) process.stderr.write(`${command}: ${error.message}\n`);
  return status ?? 1;
}
