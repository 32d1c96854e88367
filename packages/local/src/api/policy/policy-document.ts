/**
 * An identity policy, as it is attached to a user or role.
 *
 * @see {@link https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html}
 */
export interface PolicyDocument {
  readonly Version?: string;
  readonly Id?: string;
  readonly Statement: PolicyStatement | readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** What somebody wants to do. */
export interface PolicyRequest {
  /** `kinesis:PutRecords`. */
  readonly action: string;
  /** ARN; `*` for an action on no resource in particular. */
  readonly resource: string;
  /** Values of condition keys, by their names in lower case. */
  readonly context: Readonly<Record<string, string>>;
}

/** Denied by what a statement says, or by none that allows it. */
export type Decision = 'allowed' | 'denied' | 'not-allowed';
