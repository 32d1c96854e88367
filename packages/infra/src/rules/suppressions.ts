import type { Place } from './node.ts';
import type { TemplateResource } from './project.ts';
import type { SourceFile } from './read/read-files.ts';

interface Suppression extends Place {
  readonly ruleIds: readonly string[];
  readonly reason: string;
}

/**
 * `# millrace:ignore KST003 -- the reason`, on the line of a finding, above it, or above its resource. JSON has no
 * comments: there it is `Metadata: { millrace: { ignore: { KST003: the reason } } }` of the resource.
 */
export class Suppressions {
  readonly #all: readonly Suppression[];

  constructor(files: readonly SourceFile[]) {
    this.#all = files.flatMap(({ file, text }) => suppressionsIn(file, text));
  }

  /** Places of those that say no reason, and so count for nothing. */
  get withoutReason(): readonly Place[] {
    return this.#all
      .filter(({ reason }) => reason === '')
      .map(({ file, line, column }) => ({ file, line, column }));
  }

  reasonFor(
    finding: Place & { readonly ruleId: string },
    resource: TemplateResource | undefined,
  ): string | undefined {
    const places = resource === undefined ? [finding] : [finding, resource.place];
    const found = this.#all.find(
      ({ ruleIds, reason, file, line }) =>
        reason !== '' &&
        ruleIds.includes(finding.ruleId) &&
        places.some((place) => place.file === file && place.line === line),
    );
    const inMetadata = resource?.ignores.get(finding.ruleId);
    return found?.reason ?? (inMetadata === '' ? undefined : inMetadata);
  }
}

/** Each with the line it is about: its own, or the next that is more than a comment. */
function suppressionsIn(file: string, text: string): readonly Suppression[] {
  if (!text.includes('millrace:ignore')) return [];
  const lines = text.split('\n');
  return lines.flatMap((content, index) => {
    const match = /(^|\s)(?:#|\/\/)\s*millrace:ignore\s+(KST\d{3}(?:[\s,]+KST\d{3})*)(.*)$/.exec(content);
    if (match === null) return [];
    const [, , ids = '', rest = ''] = match;
    const before = content.slice(0, match.index).trim();
    const next = lines.findIndex((line, at) => at > index && !/^\s*(?:#|\/\/|$)/.test(line));
    return [
      {
        file,
        line: before === '' && next !== -1 ? next + 1 : index + 1,
        column: match.index + 1,
        ruleIds: ids.split(/[\s,]+/),
        reason: rest.replace(/^\s*(?:--|:|-)\s*/, '').trim(),
      },
    ];
  });
}
