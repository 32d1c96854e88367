import type { Place } from '../node.ts';
import type { Project } from '../project.ts';
import { isTemplate, readTemplate } from './cloudformation.ts';
import { parseHcl, type Hcl, type HclFile } from './hcl.ts';
import { largestFile, ReadProblem } from './read-problem.ts';
import { isServerless, readServerless } from './serverless.ts';
import { readModule } from './terraform.ts';
import { parseYaml } from './yaml-tree.ts';

/** A file as it was found. */
export interface SourceFile {
  /** Its path, as findings name it. */
  readonly file: string;
  readonly text: string;
  /** Read only for what it declares, as the other files of a module beside one that was asked for. Default false. */
  readonly context?: boolean;
  /** Found in a folder, and no problem when it is no template. Default false: it was asked for by name. */
  readonly found?: boolean;
}

export interface ReadResult {
  readonly projects: readonly Project[];
  readonly problems: readonly { readonly place: Place; readonly message: string }[];
  /** Files that are templates. */
  readonly checked: readonly string[];
}

/** Reads every file that is a template; the Terraform files of a folder are one module. Never throws. */
export async function readFiles(files: readonly SourceFile[]): Promise<ReadResult> {
  const projects: Project[] = [];
  const problems: { place: Place; message: string }[] = [];
  const checked: string[] = [];
  const attempt = async (source: SourceFile, read: () => Promise<boolean>): Promise<void> => {
    try {
      if (source.text.length > largestFile) {
        throw new ReadProblem(startOf(source), `It is larger than ${largestFile / 1024 ** 2} MiB.`);
      }
      if (await read()) checked.push(source.file);
    } catch (error) {
      problems.push(problemOf(source, error));
    }
  };
  for (const source of files.filter(({ file }) => !isTerraform(file))) {
    await attempt(source, async () => {
      const project = readDocument(source);
      if (project !== undefined) projects.push(project);
      return project !== undefined;
    });
  }
  for (const module of modulesOf(files)) {
    const parsed: HclFile[] = [];
    const values: Record<string, Hcl> = {};
    for (const source of module) {
      await attempt(source, async () => {
        const file = await parseHcl(source.file, source.text);
        if (source.file.endsWith('.tfvars')) Object.assign(values, file.content);
        else parsed.push(file);
        return true;
      });
    }
    const [first] = module;
    if (parsed.length === 0 || first === undefined) continue;
    await attempt({ ...first, text: '' }, async () => {
      projects.push(await readModule(parsed, values));
      return false;
    });
  }
  return { projects, problems, checked };
}

function readDocument(source: SourceFile): Project | undefined {
  // What was found in a folder and cannot be a template is not worth parsing.
  if (source.found === true && !/Resources|functions/.test(source.text)) return undefined;
  const tree = parseYaml(source.file, source.text);
  if (isTemplate(tree)) return readTemplate(tree);
  if (isServerless(tree)) return readServerless(tree);
  if (source.found === true) return undefined;
  throw new ReadProblem(startOf(source), 'It is no template: it has no Resources with types of AWS.');
}

export function isTerraform(file: string): boolean {
  return /\.(?:tf|tfvars)$/.test(file);
}

/** The Terraform files by folder. */
function modulesOf(files: readonly SourceFile[]): readonly (readonly SourceFile[])[] {
  const byFolder = new Map<string, SourceFile[]>();
  for (const source of files.filter(({ file }) => isTerraform(file))) {
    const folder = source.file.replace(/[^/\\]*$/, '');
    byFolder.set(folder, [...(byFolder.get(folder) ?? []), source]);
  }
  return [...byFolder.values()];
}

function problemOf(source: SourceFile, error: unknown): { readonly place: Place; readonly message: string } {
  if (error instanceof ReadProblem) return { place: error.place, message: error.message };
  const what = error instanceof Error ? error.message : String(error);
  return { place: startOf(source), message: `It cannot be read: ${what}` };
}

function startOf({ file }: SourceFile): Place {
  return { file, line: 1, column: 1 };
}
