// What a cold Lambda function imports becomes few files: Node takes about half a millisecond for each module, and these are
// thirty small ones. After `tsc -b`, and in the place of what it wrote, so that types and manifest stay as they are.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const library = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages', 'kinesis');

/** Subpaths of @millrace/kinesis. What they share goes into one file beside them: a bundler must not meet it twice. */
const entries = ['lambda', 'stream'];

await build({
  absWorkingDir: library,
  entryPoints: entries.map((entry) => `src/${entry}/index.ts`),
  outdir: 'dist',
  outbase: 'src',
  chunkNames: 'lambda/shared',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  sourcesContent: false,
  logLevel: 'warning',
});
