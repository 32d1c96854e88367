import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/** What the programs print that papers show. */
const printed: Readonly<Record<string, RegExp>> = {
  'examples/src/hello.ts': /^ada owes 12\.5, says shardId-\d{12}\n$/,
  'examples/src/testing.ts': /^billed 100 of 100, though a fifth was refused at first\n$/,
};

/** Blocks of code marked with the file they come from. */
const blocks = ['README.md', 'packages/local/README.md'].flatMap((paper) =>
  [
    ...readFileSync(join(root, paper), 'utf8').matchAll(/<!-- (examples\/\S+) -->\s+```ts\n([\s\S]*?)```/g),
  ].map(([, file = '', code = '']) => ({ paper, file, code })),
);

test.each(blocks)('the code in $paper is $file, letter by letter', ({ file, code }) => {
  expect(code).toBe(readFileSync(join(root, file), 'utf8'));
});

test('every program that is to run is shown in a paper', () => {
  expect(blocks.map(({ file }) => file).toSorted()).toEqual(Object.keys(printed).toSorted());
});

test.each(Object.keys(printed))('%s runs as it stands', (file) => {
  const out = execFileSync(
    process.execPath,
    ['--conditions=@millrace/source', '--import', 'tsx', join(root, file)],
    { encoding: 'utf8', timeout: 30_000 },
  );
  expect(out).toMatch(printed[file] ?? /never/);
});
