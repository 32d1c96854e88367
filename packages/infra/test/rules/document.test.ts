import { expect, test } from 'vitest';

import { checkFiles } from '../../src/rules/index.ts';
import { publicTemplates } from '../support/public-templates.ts';
import { renderRules } from '../support/rules-document.ts';

test('docs/rules.md says what the rules do', async () => {
  await expect(await renderRules()).toMatchFileSnapshot('../../../../docs/rules.md');
});

test.each(publicTemplates)('$repository $path is read whole', async ({ files }) => {
  const { findings, checked } = await checkFiles(files);
  expect(checked).toEqual(files.map(({ file }) => file));
  expect(findings.map(({ ruleId }) => ruleId)).not.toContain('KST000');
});
