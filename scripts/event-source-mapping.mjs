// Writes the table of docs/event-source-mapping.md: every rule of packages/local/test/event-source/rules.json with the
// tests that name it, as their results say. With --check it changes nothing and fails when the page is not what they say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs/event-source-mapping.md');
const tests = 'packages/local/test/event-source';
const begin = '<!-- Written by scripts/event-source-mapping.mjs from here on; do not edit. -->';

const rules = JSON.parse(readFileSync(join(root, tests, 'rules.json'), 'utf8'));
const proofs = readProofs(runTests());
const unproven = rules.filter(({ id }) => !proofs.has(id)).map(({ id }) => id);
const unknown = [...proofs.keys()].filter((id) => !rules.some((rule) => rule.id === id));
if (unproven.length > 0) fail(`No test is about ${unproven.join(', ')}.`);
if (unknown.length > 0) fail(`Tests name rules there are not: ${unknown.join(', ')}.`);

const current = readFileSync(page, 'utf8');
const text = `${current.slice(0, current.indexOf(begin))}${layOut()}`;
if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
  console.log(`docs/event-source-mapping.md: ${rules.length} rules`);
} else if (current !== text) {
  fail('docs/event-source-mapping.md is not what the tests say; run npm run docs:mapping');
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'mapping-'));
  const file = join(folder, 'results.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  // But for the test of the page itself, which fails until this has written it.
  const options = ['run', tests, '--exclude=**/rules.test.ts', '--reporter=json', `--outputFile=${file}`];
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: root, stdio: 'ignore' });
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    const { numFailedTests: failed, numFailedTestSuites: suites } = results;
    if (failed > 0 || suites > 0) fail(`${failed} tests fail; run npx vitest run ${tests}`);
    return results;
  } catch {
    return fail(`The tests did not run (exit code ${status}); try npx vitest run ${tests}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By rule, the files and how many tests of each name it as `[rule]`. */
function readProofs({ testResults }) {
  const found = new Map();
  for (const { name, assertionResults } of testResults) {
    const file = relative(join(root, tests), name);
    for (const { fullName } of assertionResults) {
      for (const [, id] of fullName.matchAll(/\[([a-z]+\/[a-z0-9-]+)\]/g)) {
        const files = found.get(id) ?? new Map();
        found.set(id, files.set(file, (files.get(file) ?? 0) + 1));
      }
    }
  }
  return found;
}

function layOut() {
  const lines = [
    begin,
    '',
    `${rules.length} rules. *documented*: by AWS. *recorded*: seen of the real service. *ours*: documented nowhere, decided here.`,
    '',
    '| rule | | shown by |',
    '| --- | --- | --- |',
  ];
  for (const { id, evidence, rule } of rules) {
    const files = [...proofs.get(id)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    const shown = files.map(([file, count]) => `[${file}](../${tests}/${file}) ${count}`).join(', ');
    lines.push(`| \`${id}\` ${rule.replaceAll('|', '\\|')} | ${evidence} | ${shown} |`);
  }
  return `${lines.join('\n')}\n`;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
