// Makes a clone ready to run: installs what the lockfile names (only when it is not there yet) and builds.
// Plain JavaScript on Node's own modules, because nothing else is there when it first runs.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Installs and builds when needed; everything it prints goes to stderr. Exits the process when it cannot. */
export function setup() {
  requireNode();
  install();
  run('Building', join(root, 'node_modules', '.bin', 'tsc'), ['-b']);
  run('Joining', process.execPath, [join(root, 'scripts', 'entries.mjs')]);
}

export function install() {
  const stamp = join(root, 'node_modules', '.cache', 'millrace-lock');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (read(stamp) === wanted) return;
  if (lockOf(join(root, 'node_modules', '.package-lock.json')) !== lockOf(join(root, 'package-lock.json'))) {
    run('Installing what is missing', 'npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** What an installed tree holds, as text: name and version of every package but the workspace's own. */
function lockOf(file) {
  const text = read(file);
  if (text === undefined) return undefined;
  const packages = Object.entries(JSON.parse(text).packages ?? {});
  const installed = packages.filter(
    ([path, entry]) => path.includes('node_modules/') && !entry.link && !entry.optional,
  );
  return installed
    .map(([path, { version }]) => `${path}@${version}`)
    .toSorted()
    .join('\n');
}

function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  fail(
    `Millrace needs Node 20.19 or newer; this is ${process.version}. Install a newer Node and run the command again.`,
  );
}

function run(what, command, args) {
  process.stderr.write(`${what} …\n`);
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (done.status !== 0) fail(`${what} failed (${command} ${args.join(' ')}); see above.`);
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

function fail(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setup();
