import { expect, test } from 'vitest';

import { classicKinds, classicStack, cloudFormationYaml, terraformModule } from '../../src/index.ts';

test.each(classicKinds)('templates/%s.yaml is what the generator writes', async (kind) => {
  await expect(cloudFormationYaml(classicStack(kind))).toMatchFileSnapshot(`../../templates/${kind}.yaml`);
});

test.each(classicKinds)('terraform/%s is what the generator writes', async (kind) => {
  for (const [name, text] of Object.entries(terraformModule(classicStack(kind)))) {
    await expect(text).toMatchFileSnapshot(`../../terraform/${kind}/${name}`);
  }
});
