import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

/** How long a fresh process takes to import `specifier`, a package or a file, milliseconds. */
export function importTime(specifier: string): number {
  const script = `const start = performance.now();
    await import(${JSON.stringify(specifier)});
    console.log(performance.now() - start);`;
  const args = ['--input-type=module', '-e', script];
  return Number(execFileSync(process.execPath, args, { cwd: import.meta.dirname, encoding: 'utf8' }));
}

/** A function as it is deployed: bundled and minified. */
export async function bundle(file: string, format: 'esm' | 'cjs' = 'esm'): Promise<Uint8Array> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(file, import.meta.url))],
    bundle: true,
    minify: true,
    platform: 'node',
    format,
    target: 'node20',
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0]?.contents ?? new Uint8Array();
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
