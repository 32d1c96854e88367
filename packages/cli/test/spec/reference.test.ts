import { expect, test } from 'vitest';

import { renderReference } from '../support/cli-reference.ts';

test('docs/cli.md says what the command does', async () => {
  await expect(renderReference()).toMatchFileSnapshot('../../../../docs/cli.md');
});
