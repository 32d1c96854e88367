import type { LocalServer } from '@millrace/local';

/** A real client of somebody else's, and what it must be able to do against a Millrace server. */
export interface Client {
  readonly name: string;
  /** Installs what the client needs. Answers why it cannot run here, or undefined when it can. */
  prepare(): string | undefined;
  /** Throws when something is not as AWS would have it. */
  run(server: LocalServer): Promise<void>;
}
