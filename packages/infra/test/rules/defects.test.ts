import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { checkFiles, rules } from '../../src/rules/index.ts';
import { defects } from '../support/defects.ts';

const idsOf = async (name: string): Promise<ReadonlySet<string>> => {
  const text = readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
  const { findings } = await checkFiles([{ file: name, text }]);
  return new Set(findings.map(({ ruleId }) => ruleId));
};

test('each of the 58 known defects is found in the classic template or module, or says why no rule can', async () => {
  expect(defects.map(({ number }) => number)).toEqual(Array.from({ length: 58 }, (_, index) => index + 1));
  const found = { yaml: await idsOf('classic.yaml'), tf: await idsOf('classic.tf') };
  for (const { number, found: how } of defects) {
    if ('no' in how) continue;
    const missed = (['yaml', 'tf'] as const).flatMap((kind) =>
      (how[kind] ?? []).filter((id) => !found[kind].has(id)),
    );
    expect({ number, missed }).toEqual({ number, missed: [] });
    expect([...(how.yaml ?? []), ...(how.tf ?? []), ...(how.beside ?? [])]).not.toEqual([]);
  }
});

test('everything found in the classic template and module is one of the 58', async () => {
  const known = defects.flatMap(({ found }) =>
    'no' in found ? [] : [...(found.yaml ?? []), ...(found.tf ?? [])],
  );
  const found = [...(await idsOf('classic.yaml')), ...(await idsOf('classic.tf'))];
  expect(found.filter((id) => !known.includes(id))).toEqual([]);
});

test('the rules beside them exist', () => {
  const ids = rules.map(({ id }) => id);
  const beside = defects.flatMap(({ found }) => ('no' in found ? [] : (found.beside ?? [])));
  expect(beside.filter((id) => !ids.includes(id))).toEqual([]);
});
