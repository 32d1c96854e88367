import { possibilities, type Node, type Place } from './node.ts';
import type { Project, TemplateResource } from './project.ts';

/** `error`: records are lost or never read. `warning`: they may be, or nobody notices. `note`: cost, care, tidiness. */
export type Severity = 'error' | 'warning' | 'note';

/** One trap that templates fall into. */
export interface Rule {
  /** `KST001`; never given to another rule. */
  readonly id: string;
  /** The same for people: `mapping-ignores-partial-failures`. */
  readonly name: string;
  readonly severity: Severity;
  /** What is wrong, in a line. */
  readonly title: string;
  /** What can be lost. */
  readonly why: string;
  readonly fix: string;
  /** Where the facts come from. */
  readonly source: string;
  /** Resources of a template with the trap in it, and without; documentation and tests are made of them. */
  readonly bad: string;
  readonly good: string;
  readonly check: (project: Project, report: Report) => void;
}

/** What a rule says of a project. */
export interface Report {
  /** It is so, at `place`; `detail` says what was seen there. */
  found(resource: TemplateResource | undefined, place: Place, detail?: string): void;
  /** Whether it is so cannot be known before it is deployed. */
  cannotTell(resource: TemplateResource | undefined, place: Place, why: string): void;
}

type Known = Exclude<Node, { kind: 'choice' | 'unknown' }>;

/**
 * Judges a property in every way it may turn out: found when `isBad` holds for one of them, and nothing is said of those
 * that cannot be known but that they cannot.
 */
export function judge(
  report: Report,
  resource: TemplateResource,
  node: Node | undefined,
  isBad: (value: Known | undefined) => boolean,
  detail?: string,
): void {
  const place = node?.place ?? resource.place;
  const known = possibilities(node);
  for (const one of known) {
    if (one?.kind !== 'unknown' && isBad(one)) {
      report.found(resource, place, detail);
      return;
    }
  }
  const unknown = known.find((one) => one?.kind === 'unknown');
  if (unknown?.kind === 'unknown') report.cannotTell(resource, place, unknown.why);
}
