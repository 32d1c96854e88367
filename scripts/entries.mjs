// What a cold Lambda function imports, and what a server starts from, becomes few files: Node takes about half a millisecond
// for each module, and these are thirty and two hundred small ones. After `tsc -b`, and in the place of what it wrote, so
// that types and manifest stay as they are.
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const packages = join(dirname(dirname(fileURLToPath(import.meta.url))), 'packages');

// What entries share goes into one file beside them: a bundler must not meet it twice.
await bundle('kinesis', ['lambda', 'stream'], { chunkNames: 'lambda/shared' });

// What is loaded only when it is asked for stays in files of its own. They lie as deep in the package as what they are
// made of, some of which looks for files beside it.
rmSync(join(packages, 'local', 'dist', 'parts'), { recursive: true, force: true });
await bundle('local', ['.', 'event-source', 'functions'], {
  chunkNames: 'parts/[name]-[hash]',
  conditions: ['@millrace/source'],
  external: ['dynalite', '@smithy/*', '@aws-sdk/*'],
});

/** Subpaths of a package, by their folders. */
function bundle(name, folders, options) {
  return build({
    absWorkingDir: join(packages, name),
    entryPoints: folders.map((folder) => `src/${folder}/index.ts`),
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'warning',
    ...options,
  });
}
