import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { MillraceError } from '@millrace/kinesis/errors';
import { isTerraform, largestFile, type SourceFile } from '@millrace/infra/rules';

const passedOver = new Set(['.git', '.terraform', 'node_modules']);
const templates = /\.(?:ya?ml|json|template|tf|tfvars)$/;
const mostFiles = 20_000;

/**
 * The files that paths stand for: what is named itself, and in folders whatever may be a template. Beside a Terraform file
 * that is named stands the rest of its module, for what it declares. Rejects with `DATA_MISSING`, `OPTION_INVALID`.
 */
export async function findTemplates(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const found = new Map<string, SourceFile>();
  const add = (source: SourceFile): void => {
    const before = found.get(source.file);
    // What is asked for in so many words counts most.
    if (before === undefined || before.context === true || before.found === true)
      found.set(source.file, source);
    if (found.size > mostFiles) {
      throw new MillraceError('OPTION_INVALID', `There are more than ${mostFiles} files.`, {
        advice: 'Name a smaller folder.',
        path: 'path',
      });
    }
  };
  for (const path of paths) {
    if (await isFolder(path)) {
      for (const file of await filesIn(path)) add({ file, text: await read(file), found: true });
      continue;
    }
    if (isTerraform(path)) {
      for (const file of await siblings(path)) add({ file, text: await read(file), context: true });
    }
    add({ file: path, text: await read(path) });
  }
  return [...found.values()];
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw missing(path, error);
  }
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && templates.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.split(/[/\\]/).some((part) => passedOver.has(part)))
    .toSorted();
}

async function siblings(path: string): Promise<readonly string[]> {
  const folder = dirname(path);
  const names = await readdir(folder);
  const prefix = path.slice(0, path.length - (path.split(/[/\\]/).at(-1) ?? '').length);
  return names.filter(isTerraform).map((name) => `${prefix}${name}`);
}

/** What is too large is cut short: the check says so. */
async function read(file: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    return text.length > largestFile ? text.slice(0, largestFile + 1) : text;
  } catch (error) {
    throw missing(file, error);
  }
}

function missing(path: string, cause: unknown): MillraceError {
  return new MillraceError('DATA_MISSING', `${path} cannot be read.`, {
    advice: 'Check the name, and that it may be read.',
    path,
    cause,
  });
}
