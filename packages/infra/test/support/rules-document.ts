import { checkFiles, fileRules, rules } from '../../src/rules/index.ts';
import { terraformRules } from '../../src/rules/table/terraform-rules.ts';
import { defects, type Defect } from './defects.ts';
import { publicTemplates, type PublicTemplate } from './public-templates.ts';

const severities = {
  error: 'records are lost or never read, or the deployment fails',
  warning: 'records may be lost, or nobody notices',
  note: 'cost, care, tidiness',
} as const;

/** docs/rules.md, all of it: prose from here, facts from the table of rules and from what they find. */
export async function renderRules(): Promise<string> {
  return `${[
    '# What millrace check finds',
    'A test writes this page from the table of rules (`npx vitest run packages/infra/test/rules -u`), so it says what the rules do.',
    fenced(
      'bash',
      'npx millrace check template.yaml\nnpx millrace check infra/ --severity warning\nnpx millrace check cdk.out --sarif > millrace.sarif\n',
    ),
    'It reads CloudFormation and SAM in YAML or JSON, the output of the CDK, `serverless.yml` and Terraform modules (with `terraform.tfvars`). Every finding says where it is, what can be lost and what to do; with errors and warnings the exit code is 7, with notes alone 0 (`--severity note` makes them count, too). Intrinsic functions, conditions, parameters with defaults, variables and locals are resolved; what is known only when it is deployed is listed as such (`--verbose`), not guessed.',
    '## Answering a finding',
    fenced(
      'yaml',
      '# millrace:ignore KST003 -- a dashboard: nobody misses old records\nStartingPosition: LATEST\n',
    ),
    'On its line, above it, or above its resource; a reason is demanded. In JSON it is metadata of the resource: `"Metadata": { "millrace": { "ignore": { "KST003": "the reason" } } }`.',
    '## The rules',
    Object.entries(severities)
      .map(([name, meaning]) => `- **${name}**: ${meaning}`)
      .join('\n'),
    table([
      ['id', 'name', 'severity', 'what is wrong'],
      ...rules.map(({ id, name, severity, title }) => [
        `[\`${id}\`](#${id.toLowerCase()})`,
        name,
        severity,
        title,
      ]),
      ...Object.values(fileRules).map(({ id, name, severity, title, why }) => [
        `\`${id}\``,
        name,
        severity,
        `${title}. ${why}`,
      ]),
    ]),
    ...rules.flatMap((rule) => {
      const language = terraformRules.includes(rule) ? 'hcl' : 'yaml';
      return [
        `### ${rule.id}`,
        `**${rule.title}** (${rule.name}, ${rule.severity}). ${rule.why}`,
        `${rule.fix} [Source](${rule.source})`,
        [
          '<details><summary>Example</summary>',
          fenced(language, `# found\n${rule.bad}`),
          fenced(language, `# right\n${rule.good}`),
          '</details>',
        ].join('\n\n'),
      ];
    }),
    '## The known defects of the classic template',
    'The stream-and-function template that everybody copies, its module, scripts and tables have 58 known defects. A test sees that each is found at the rules named here, or is none of a template; those beside find the same in other templates.',
    table([['', 'defect', 'found by', 'beside'], ...defects.map(defectRow)]),
    '## Found in public templates',
    'Ten templates as they stood in November 2026, each cut down to what has to do with streams and put in our own words; a test runs the rules on them.',
    table([
      ['template', 'errors', 'warnings', 'notes', 'cannot tell'],
      ...(await Promise.all(publicTemplates.map(row))),
    ]),
  ].join('\n\n')}\n`;
}

function defectRow({ number, what, found }: Defect): readonly string[] {
  if ('no' in found) return [String(number), what, `– ${found.no}`, ''];
  const by = [...new Set([...(found.yaml ?? []), ...(found.tf ?? [])])].toSorted().join(' ');
  return [String(number), what, by, (found.beside ?? []).join(' ')];
}

async function row({ repository, path, files }: PublicTemplate): Promise<readonly string[]> {
  const { findings, cannotTell } = await checkFiles(files);
  return [
    `${repository} \`${path}\``,
    ...['error', 'warning', 'note'].map((wanted) =>
      ids(findings.filter(({ severity }) => severity === wanted)),
    ),
    ids(cannotTell),
  ];
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\`\`\``;
}

const ids = (all: readonly { readonly ruleId: string }[]): string =>
  [...new Set(all.map(({ ruleId }) => ruleId))].toSorted().join(' ') || '–';

/** Laid out as the formatter would. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}
