import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import rules from './rules.json' with { type: 'json' };

test('every rule is in docs/event-source-mapping.md, word for word, with the tests that show it', async () => {
  const page = await readFile(new URL('../../../../docs/event-source-mapping.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| `') && line.includes('/'));
  for (const { id, rule, evidence } of rules) {
    const row = rows.find((line) =>
      line.startsWith(`| \`${id}\` ${rule.replaceAll('|', '\\|')} | ${evidence} | `),
    );
    expect(row, `${id}: run npm run docs:mapping`).toMatch(/\.test\.ts\) \d+/);
  }
  expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
});
