import type { PseudoParameter } from '../template/value.ts';
import { writeBlocks } from './hcl.ts';

const addresses: Readonly<Record<PseudoParameter, string>> = {
  account: 'data.aws_caller_identity.current.account_id',
  partition: 'data.aws_partition.current.partition',
  region: 'data.aws_region.current.region',
  urlSuffix: 'data.aws_partition.current.dns_suffix',
};

/** Where Terraform knows it from. */
export function pseudoAddress(name: PseudoParameter): string {
  return addresses[name];
}

/** The data sources a text refers to, with an empty line below them; nothing when it refers to none. */
export function dataSources(text: string): string {
  const blocks = ['aws_caller_identity', 'aws_partition', 'aws_region']
    .filter((type) => text.includes(`data.${type}.current`))
    .map((type) => ({ type: 'data', labels: [type, 'current'], body: [] }));
  return blocks.length === 0 ? '' : `${writeBlocks(blocks, () => '')}\n`;
}
