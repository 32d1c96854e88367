import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { classicKinds, classicStack, terraformModule } from '@millrace/infra';

import type { Client } from './client.ts';
import { runCommand } from './run-command.ts';

/** Either: their language is the same as far as we write it. */
const binaries = ['terraform', 'tofu'] as const;
const binary = binaries.find((name) => spawnSync(name, ['version']).status === 0);

/**
 * Terraform (or OpenTofu) reads the modules we ship, and would not format them otherwise; where it can load the AWS
 * provider it validates them against it.
 */
export const terraform: Client = {
  name: 'terraform',
  prepare: () => (binary === undefined ? `neither ${binaries.join(' nor ')} is installed` : undefined),
  async run() {
    assert.ok(binary !== undefined);
    for (const kind of classicKinds) {
      const folder = await mkdtemp(join(tmpdir(), 'millrace-terraform-'));
      try {
        for (const [name, text] of Object.entries(terraformModule(classicStack(kind)))) {
          await writeFile(join(folder, name), text);
        }
        await runCommand(binary, [`-chdir=${folder}`, 'fmt', '-check', '-diff', '-no-color']);
        const init = spawnSync(binary, [`-chdir=${folder}`, 'init', '-backend=false', '-no-color'], {
          encoding: 'utf8',
        });
        if (init.status === 0) await runCommand(binary, [`-chdir=${folder}`, 'validate', '-no-color']);
        else console.log(`     ${kind}: formatted, not validated: the AWS provider cannot be loaded here`);
      } finally {
        await rm(folder, { recursive: true });
      }
    }
  },
};
