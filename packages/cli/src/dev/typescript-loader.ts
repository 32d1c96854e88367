import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

/** Our own tsx, for `--import`: for handlers whose project has none, on a Node that does not run TypeScript. */
export function typescriptLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
}
