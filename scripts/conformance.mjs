// Writes docs/conformance.md from what the conformance tests of the embedded Kinesis say: run them, ask for their
// results as JSON, lay them out. With --check it changes nothing and fails when the page is not what the tests say.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const page = join(root, 'docs/conformance.md');
const tests = 'packages/local/test/conformance';

const results = runTests();
const guarantees = readGuarantees(results);
const operations = readOperations();
const missing = operations.filter((operation) => !guarantees.some((one) => one.operation === operation));
const failed = results.numFailedTests > 0 || results.numFailedTestSuites > 0;
if (missing.length > 0) fail(`No conformance test is about ${missing.join(', ')}.`);
if (failed) fail(`${results.numFailedTests} conformance tests fail; run npx vitest run ${tests}`);

const text = layOut();
if (!process.argv.includes('--check')) {
  writeFileSync(page, text);
  console.log(`docs/conformance.md: ${operations.length} operations, ${guarantees.length} guarantees`);
} else if (readFileSync(page, 'utf8') !== text) {
  fail('docs/conformance.md is not what the tests say; run npm run docs:conformance');
}

function runTests() {
  const folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  const file = join(folder, 'results.json');
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const options = ['run', tests, '--reporter=json', `--outputFile=${file}`];
  const { status } = spawnSync(process.execPath, [vitest, ...options], { cwd: root, stdio: 'ignore' });
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return fail(`The conformance tests did not run (exit code ${status}); try npx vitest run ${tests}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One for each test titled `Operation [behaviour] what it guarantees`. */
function readGuarantees({ testResults }) {
  return testResults
    .toSorted((a, b) => compare(a.name, b.name))
    .flatMap((suite) => suite.assertionResults)
    .flatMap(({ title }) => {
      const match = /^(\w+) \[([^\]]+)\] (.*)$/.exec(title);
      if (match === null) return [];
      const [, operation, behaviour, words] = match;
      return [{ operation, behaviour, words }];
    })
    .toSorted((a, b) => compare(a.operation, b.operation));
}

/** The operations of the SDK, so that a new one is missed here before it is missed by a user. */
function readOperations() {
  const require = createRequire(join(root, 'packages/local/package.json'));
  return Object.keys(require('@aws-sdk/client-kinesis'))
    .filter((name) => /^[A-Z].*Command$/.test(name))
    .map((name) => name.slice(0, -'Command'.length))
    .toSorted(compare);
}

function layOut() {
  const behaviours = [...new Set(guarantees.map(({ behaviour }) => behaviour))].toSorted(
    (a, b) => rank(a) - rank(b),
  );
  const lines = [
    '# What the embedded Kinesis guarantees',
    '',
    '<!-- Written by scripts/conformance.mjs from the results of the tests; do not edit. -->',
    '',
    `All ${operations.length} operations of the AWS SDK are answered. The numbers count the tests, each run through the`,
    'unmodified SDK client, that show an operation to behave like the service in one respect; below the table is what',
    'they say.',
    '',
    `| operation | ${behaviours.join(' | ')} |`,
    `| --- |${' ---: |'.repeat(behaviours.length)}`,
  ];
  for (const operation of operations) {
    const counts = behaviours.map((behaviour) => {
      const { length } = of(operation, behaviour);
      return length === 0 ? '' : String(length);
    });
    lines.push(`| ${operation} | ${counts.join(' | ')} |`);
  }
  for (const operation of operations) {
    lines.push('', `## ${operation}`, '');
    for (const behaviour of behaviours) {
      for (const { words } of of(operation, behaviour)) lines.push(`- *${behaviour}*: ${words}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

function of(operation, behaviour) {
  return guarantees.filter((one) => one.operation === operation && one.behaviour === behaviour);
}

function rank(behaviour) {
  const order = ['happy path', 'validation', 'unknown resource', 'ARN', 'states', 'pagination', 'dry run'];
  const at = [...order, 'limits', 'KMS', 'not emulated'].indexOf(behaviour);
  return at < 0 ? order.length : at;
}

function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
