/** Something that is wrong, or will be, and how to mend it. */
export interface Finding {
  /** Stable, for scripts: `alarm-missing`, `mapping-no-report`, … */
  readonly id: string;
  /** error: it does not work or loses data; warning: it will; info: worth knowing, and no reason for exit code 7. */
  readonly severity: 'error' | 'warning' | 'info';
  readonly what: string;
  readonly fix: string;
}

/** What one examination found. */
export interface Examination {
  readonly check: string;
  /** Why nothing can be said; undefined when it was examined. */
  readonly skipped?: string;
  /** What is well. */
  readonly seen?: string;
  readonly findings: readonly Finding[];
}
