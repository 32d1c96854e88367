import { existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, extname, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { MillraceError } from '@millrace/kinesis/errors';

/** Code that runs in processes of its own. */
export interface HandlerFile {
  /** `.ts`, `.js` and their like, `.py`, or an executable that speaks the Lambda runtime API. */
  readonly file: string | URL;
  /** The function in it. Default `handler`, in Python `lambda_handler`. */
  readonly export?: string;
  /** Added to this process's environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /**
   * Port for debuggers; the function then runs once at a time and nothing times out. With `wait`, the code is not loaded
   * before a debugger is attached.
   */
  readonly inspect?: { readonly port: number; readonly wait?: boolean };
  /** Loads TypeScript (`--import`) where neither the handler's own project nor Node does. */
  readonly typescriptLoader?: string;
  /** Whether it is loaded anew when a file beside or below it is saved. Default false. */
  readonly watch?: boolean;
}

/** How to start a handler file. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** For `_HANDLER`. */
  readonly handler: string;
}

const scripts = /^\.[cm]?[jt]sx?$/;

/** Throws `DATA_MISSING` when there is no such file, `PEER_MISSING` when nothing here loads TypeScript. */
export function launchOf(code: HandlerFile, memoryMb: number): Launch {
  const file = typeof code.file === 'string' ? resolve(code.file) : fileURLToPath(code.file);
  if (!existsSync(file) || !statSync(file).isFile()) {
    throw new MillraceError('DATA_MISSING', `There is no file ${file}.`, {
      advice: 'Give the path of the file with the handler.',
      path: 'handler',
      got: file,
    });
  }
  const extension = extname(file);
  const folder = dirname(file);
  const stem = basename(file, extension);
  if (scripts.test(extension)) {
    const heap = [`--max-old-space-size=${memoryMb}`, '--enable-source-maps'];
    const args = [...inspectArgs(code), ...heap, ...loaderArgs(file, extension, code), bootstrap('node.mjs')];
    return {
      command: process.execPath,
      args,
      folder,
      handler: `${basename(file)}.${code.export ?? 'handler'}`,
    };
  }
  if (extension === '.py') {
    const handler = `${stem}.${code.export ?? 'lambda_handler'}`;
    return { command: 'python3', args: ['-u', bootstrap('python.py')], folder, handler };
  }
  return { command: file, args: [], folder, handler: code.export ?? 'handler' };
}

function inspectArgs({ inspect }: HandlerFile): readonly string[] {
  if (inspect === undefined) return [];
  return [`--inspect${inspect.wait === true ? '-wait' : ''}=127.0.0.1:${inspect.port}`];
}

/** The project's own tsx first, since it knows how the project imports; then Node's own; then the one given. */
function loaderArgs(file: string, extension: string, { typescriptLoader }: HandlerFile): readonly string[] {
  if (!/ts/.test(extension)) return [];
  try {
    return ['--import', pathToFileURL(createRequire(file).resolve('tsx')).href];
  } catch {
    if (typescriptLoader !== undefined) return ['--import', typescriptLoader];
  }
  if (Reflect.get(process.features, 'typescript') !== undefined) return [];
  throw new MillraceError('PEER_MISSING', `Node ${process.version} does not run ${file} by itself.`, {
    advice: 'Install tsx in your project (npm i -D tsx), or use Node 22.18 or later.',
    path: 'handler',
    got: file,
  });
}

/** From the sources, also when this runs from what was built of them: it is run as it stands. */
function bootstrap(name: string): string {
  return fileURLToPath(new URL(`../../src/functions/bootstrap/${name}`, import.meta.url));
}
