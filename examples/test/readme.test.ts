import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');

/** Blocks of code marked with the file they come from. */
const blocks = [...readme.matchAll(/<!-- (examples\/\S+) -->\s+```ts\n([\s\S]*?)```/g)];

test('the code in the README is the code in the examples, letter by letter', () => {
  expect(blocks.length).toBeGreaterThan(0);
  for (const [, file = '', code] of blocks) expect(code).toBe(readFileSync(join(root, file), 'utf8'));
});

test.each(blocks.map(([, file = '']) => file))('%s runs as it stands', (file) => {
  const out = execFileSync(
    process.execPath,
    ['--conditions=@millrace/source', '--import', 'tsx', join(root, file)],
    { encoding: 'utf8', timeout: 30_000 },
  );
  expect(out).toMatch(/^ada owes 12\.5, says shardId-\d{12}\n$/);
});
