import { execFile, execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { startServer } from '@millrace/local';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** What the programs print that papers show. */
const printed: Readonly<Record<string, RegExp>> = {
  'examples/src/hello.ts': /^ada owes 12\.5, says shardId-\d{12}\n$/,
  'examples/src/testing.ts': /^billed 100 of 100, though a fifth was refused at first\n$/,
};

/** Blocks of code marked with the file they come from. */
const blocks = ['README.md', 'packages/kinesis/README.md', 'packages/local/README.md'].flatMap((paper) =>
  [
    ...readFileSync(join(root, paper), 'utf8').matchAll(/<!-- (examples\/\S+) -->\s+```ts\n([\s\S]*?)```/g),
  ].map(([, file = '', code = '']) => ({ paper, file, code })),
);

test.each(blocks)('the code in $paper is $file, letter by letter', ({ file, code }) => {
  expect(code).toBe(readFileSync(join(root, file), 'utf8'));
});

test('every program that is to run is shown in a paper', () => {
  expect(new Set(blocks.map(({ file }) => file))).toEqual(new Set(Object.keys(printed)));
});

test.each(Object.keys(printed))('%s runs as it stands', (file) => {
  const out = execFileSync(
    process.execPath,
    ['--conditions=@millrace/source', '--import', 'tsx', join(root, file)],
    { encoding: 'utf8', timeout: 30_000 },
  );
  expect(out).toMatch(printed[file] ?? /never/);
});

test(
  'the commands of README.md do as they are typed, one after the other, in an empty folder',
  { timeout: 60_000 },
  async () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8');
    const [, block = ''] = /In another terminal[^`]*```bash\n(.*?)```/s.exec(text) ?? [];
    const typed = block.replaceAll('npx millrace', 'millrace').replace('export MILLRACE_LOCAL=1', '');
    expect(typed.match(/^.*millrace/gm)).toHaveLength(6);
    await using server = await startServer({ port: 0, streams: { orders: { shards: 2 }, copy: {} } });
    const folder = await mkdtemp(join(tmpdir(), 'millrace-readme-'));
    const launch = join(root, 'packages/cli/test/process/launch.ts');
    const node = `'${process.execPath}' --conditions=@millrace/source --import '${import.meta.resolve('tsx')}'`;
    const script = [
      'set -euo pipefail',
      `millrace() { ${node} '${launch}' "$@"; }`,
      typed,
      'millrace tail copy --from oldest -e -o keys | wc -l',
    ].join('\n');
    try {
      const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script], {
        cwd: folder,
        env: {
          ...process.env,
          MILLRACE_ENDPOINT_URL: server.endpoint,

          NO_COLOR: '1',
        },
      });
      expect(stderr).toContain('300 records put into orders');
      expect(stdout.match(/"v":1/g)).toHaveLength(3);
      expect(stdout).toContain('--salt 4');
      expect(stdout).toMatch(/\b300\n$/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
