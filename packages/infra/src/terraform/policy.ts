import { policyDocument, type Statement } from '../iam/statement.ts';
import { jsonText } from '../template/value.ts';
import { writeBlocks, type Block } from './hcl.ts';
import { dataSources, pseudoAddress } from './pseudo.ts';

/**
 * Statements as a policy for Terraform.
 *
 * @example
 * ```ts
 * await writeFile('policy.tf', terraformPolicy('billing', roleStatements('consumer', { stream: 'orders' })));
 * ```
 */
export function terraformPolicy(label: string, statements: readonly Statement[]): string {
  const policy: Block = {
    type: 'resource',
    labels: ['aws_iam_policy', label.replace(/\W/g, '_')],
    body: [
      ['name', label],
      ['policy', jsonText(policyDocument(statements))],
    ],
  };
  const text = writeBlocks([policy], (value) => {
    if (value.expr === 'pseudo') return pseudoAddress(value.name);
    throw new RangeError(`a ${value.expr} has no place in a policy`);
  });
  return `${dataSources(text)}${text}`;
}
