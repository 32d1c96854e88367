/** A way to break the code on purpose. */
export interface Mutation {
  readonly name: string;
  /** From the root of the repository. */
  readonly file: string;
  /** A text that stands in the file exactly once, and what stands there instead. */
  readonly from: string;
  readonly to: string;
  /** The first seed from 1 on that noticed it when that was last looked at. */
  readonly noticedBy: number;
}
