import type { Statement } from '../iam/statement.ts';
import { toSource } from './source.ts';

/**
 * Statements as TypeScript for the CDK.
 *
 * @example
 * ```ts
 * await writeFile('statements.ts', policySource(roleStatements('producer', { stream: 'orders' })));
 * ```
 */
export function policySource(statements: readonly Statement[]): string {
  const list = statements.map(({ sid, actions, resources, conditions }) => ({
    code: `new PolicyStatement(${toSource({ sid, actions, resources, ...(conditions && { conditions }) }, 1)})`,
  }));
  const body = `export const statements = ${toSource(list)};\n`;
  const aws = body.includes('Aws.') ? "import { Aws } from 'aws-cdk-lib';\n" : '';
  return `${aws}import { PolicyStatement } from 'aws-cdk-lib/aws-iam';\n\n${body}`;
}
