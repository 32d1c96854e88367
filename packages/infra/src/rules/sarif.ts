import { fileRules, type CheckResult, type Finding } from './check.ts';
import { rules } from './table/rules.ts';

const levels = { error: 'error', warning: 'warning', note: 'note' } as const;

/**
 * The result as a SARIF 2.1.0 log, which code scanning services take.
 *
 * @see {@link https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html}
 * @example
 * ```ts
 * await writeFile('millrace.sarif', JSON.stringify(toSarif(await checkFiles(files), '1.0.0')));
 * ```
 */
export function toSarif(result: CheckResult, version: string): object {
  const described = [fileRules.unreadable, ...rules, fileRules.reasonMissing];
  const indexOf = (id: string): number => described.findIndex((rule) => rule.id === id);
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'millrace',
            version,
            rules: described.map(({ id, name, severity, title, why, fix, source }) => ({
              id,
              name,
              shortDescription: { text: `${title}.` },
              fullDescription: { text: why },
              help: { text: fix },
              helpUri: source,
              defaultConfiguration: { level: levels[severity] },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: [
          ...result.findings.map((finding) => resultOf(finding, indexOf(finding.ruleId))),
          ...result.suppressed.map((finding) => ({
            ...resultOf(finding, indexOf(finding.ruleId)),
            suppressions: [{ kind: 'inSource', justification: finding.reason }],
          })),
        ],
      },
    ],
  };
}

function resultOf(finding: Finding, ruleIndex: number): object {
  const { ruleId, severity, title, detail, why, fix, file, line, column, resource } = finding;
  return {
    ruleId,
    ruleIndex,
    level: levels[severity],
    message: { text: `${title}${detail === undefined ? '' : ` (${detail})`}. ${why} ${fix}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: uriOf(file) },
          region: { startLine: line, startColumn: column },
        },
        ...(resource !== undefined && { logicalLocations: [{ name: resource, kind: 'resource' }] }),
      },
    ],
  };
}

/** A relative reference, or a file URL. */
function uriOf(file: string): string {
  const path = file.replaceAll('\\', '/');
  const [, drive = '', rest = path] = /^([A-Za-z]:)(\/.*)$/.exec(path) ?? [];
  const encoded = rest.split('/').map(encodeURIComponent).join('/');
  if (drive !== '') return `file:///${drive}${encoded}`;
  return path.startsWith('/') ? `file://${encoded}` : encoded;
}
