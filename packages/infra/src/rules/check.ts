import type { Place } from './node.ts';
import type { Project, TemplateResource } from './project.ts';
import { readFiles, type SourceFile } from './read/read-files.ts';
import type { Report, Rule, Severity } from './rule.ts';
import { Suppressions } from './suppressions.ts';
import { rules } from './table/rules.ts';

/** A trap in a template: where, what can be lost, and what to do. */
export interface Finding extends Place {
  readonly ruleId: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  /** What was seen there. */
  readonly detail?: string;
  readonly why: string;
  readonly fix: string;
  readonly source: string;
  /** Logical id, or `type.name` of Terraform. */
  readonly resource?: string;
}

/** What a rule could not judge, since it is known only when it is deployed. */
export interface CannotTell extends Place {
  readonly ruleId: string;
  readonly rule: string;
  readonly why: string;
  readonly resource?: string;
}

/** A finding somebody has answered in the template. */
export interface Suppressed extends Finding {
  readonly reason: string;
}

export interface CheckResult {
  readonly findings: readonly Finding[];
  readonly cannotTell: readonly CannotTell[];
  readonly suppressed: readonly Suppressed[];
  /** Files that are templates. */
  readonly checked: readonly string[];
}

/** Findings about the file itself. */
export const fileRules: Readonly<
  Record<'unreadable' | 'reasonMissing', Omit<Rule, 'bad' | 'good' | 'check'>>
> = {
  unreadable: {
    id: 'KST000',
    name: 'unreadable',
    severity: 'error',
    title: 'The file cannot be read',
    why: 'Nothing in it was checked.',
    fix: 'Give a template of CloudFormation or SAM in YAML or JSON, a serverless.yml, Terraform files, or a folder of them.',
    source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html',
  },
  reasonMissing: {
    id: 'KST099',
    name: 'suppression-without-reason',
    severity: 'error',
    title: 'A suppression gives no reason',
    why: 'Nobody can tell later whether it still holds; it is not heeded.',
    fix: 'Say why: # millrace:ignore KST003 -- a dashboard, nobody misses old records',
    source: 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html',
  },
};

/**
 * Looks for the traps in templates and modules: CloudFormation, SAM, the output of the CDK, `serverless.yml`, Terraform.
 * Never throws for what is in a file: one that cannot be read is a finding of its own.
 *
 * @example
 * ```ts
 * const { findings } = await checkFiles([{ file: 'template.yaml', text }]);
 * for (const { file, line, column, title } of findings) console.log(`${file}:${line}:${column} ${title}`);
 * ```
 */
export async function checkFiles(files: readonly SourceFile[]): Promise<CheckResult> {
  const { projects, problems, checked } = await readFiles(files);
  const suppressions = new Suppressions(files.filter(({ file }) => checked.includes(file)));
  const collector = new Collector(suppressions);
  for (const { place, message } of problems) {
    collector.add({ ...describe(fileRules.unreadable), ...place, title: message }, undefined);
  }
  for (const place of suppressions.withoutReason) {
    collector.add({ ...describe(fileRules.reasonMissing), ...place }, undefined);
  }
  for (const project of projects) runRules(project, collector);
  const context = new Set(files.filter((one) => one.context === true).map(({ file }) => file));
  const wanted = <T extends Place>(all: readonly T[]): readonly T[] =>
    unique(all.filter(({ file }) => !context.has(file))).toSorted(byPlace);
  return {
    findings: wanted(collector.findings),
    cannotTell: wanted(collector.cannotTell),
    suppressed: wanted(collector.suppressed),
    checked: checked.filter((file) => !context.has(file)),
  };
}

class Collector {
  readonly findings: Finding[] = [];
  readonly cannotTell: CannotTell[] = [];
  readonly suppressed: Suppressed[] = [];
  readonly #suppressions: Suppressions;

  constructor(suppressions: Suppressions) {
    this.#suppressions = suppressions;
  }

  add(finding: Finding, resource: TemplateResource | undefined): void {
    const reason = this.#suppressions.reasonFor(finding, resource);
    if (reason === undefined) this.findings.push(finding);
    else this.suppressed.push({ ...finding, reason });
  }
}

function runRules(project: Project, collector: Collector): void {
  for (const rule of rules) {
    const report: Report = {
      found(resource, { file, line, column }, detail) {
        collector.add(
          {
            ...describe(rule),
            ...(detail !== undefined && { detail }),
            ...(resource !== undefined && { resource: resource.id }),
            file,
            line,
            column,
          },
          resource,
        );
      },
      cannotTell(resource, { file, line, column }, why) {
        collector.cannotTell.push({
          ruleId: rule.id,
          rule: rule.name,
          why,
          ...(resource !== undefined && { resource: resource.id }),
          file,
          line,
          column,
        });
      },
    };
    rule.check(project, report);
  }
}

function describe({
  id,
  name,
  severity,
  title,
  why,
  fix,
  source,
}: Omit<Rule, 'bad' | 'good' | 'check'>): Omit<Finding, keyof Place> {
  return { ruleId: id, rule: name, severity, title, why, fix, source };
}

/** Several ways to the same place are one finding. */
function unique<T extends Place & { readonly ruleId?: string; readonly resource?: string }>(
  all: readonly T[],
): readonly T[] {
  const byKey = new Map(
    all.map((one) => [
      `${one.file}:${one.line}:${one.column}:${one.ruleId ?? ''}:${one.resource ?? ''}`,
      one,
    ]),
  );
  return [...byKey.values()];
}

function byPlace(a: Place, b: Place): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
