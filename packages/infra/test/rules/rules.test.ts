import { expect, test } from 'vitest';

import { checkFiles, rules } from '../../src/rules/index.ts';
import { terraformRules } from '../../src/rules/table/terraform-rules.ts';

const isHcl = (id: string): boolean => terraformRules.some((rule) => rule.id === id);
const idsIn = async (id: string, text: string): Promise<readonly string[]> => {
  const { findings } = await checkFiles([{ file: isHcl(id) ? 'main.tf' : 'template.yaml', text }]);
  expect(findings.map(({ ruleId }) => ruleId)).not.toContain('KST000');
  return findings.map(({ ruleId }) => ruleId);
};

test.each(rules)('$id $name: the trap is found', async ({ id, bad }) => {
  expect(await idsIn(id, bad)).toContain(id);
});

test.each(rules)('$id $name: where there is no trap, none is found', async ({ id, good }) => {
  expect(await idsIn(id, good)).not.toContain(id);
});

test('ids and names are unique, and every rule says what is lost, what to do and where that comes from', () => {
  for (const key of ['id', 'name'] as const) {
    const all = rules.map((rule) => rule[key]);
    expect(all).toEqual([...new Set(all)]);
  }
  for (const { id, name, title, why, fix, source } of rules) {
    expect(id).toMatch(/^KST\d{3}$/);
    expect(name).toMatch(/^[a-z-]+$/);
    expect(title).not.toMatch(/\.$/);
    for (const text of [why, fix]) expect(text).toMatch(/[.…}]|\w$/);
    expect(source).toMatch(/^https:\/\//);
  }
});

test('an alarm that may be on a stream whose retention is not known is not said to wait too long', async () => {
  const text = `Resources:
  Orders:
    Type: AWS::Kinesis::Stream
    Properties: { RetentionPeriodHours: 24 }
  Archive:
    Type: AWS::Kinesis::Stream
    Properties: { RetentionPeriodHours: !ImportValue Hours }
  Late:
    Type: AWS::CloudWatch::Alarm
    Properties:
      Namespace: AWS/Kinesis
      MetricName: GetRecords.IteratorAgeMilliseconds
      Dimensions: [{ Name: StreamName, Value: !Ref Archive }]
      Threshold: 86400000
`;
  expect(await idsIn('KST049', text)).not.toContain('KST049');
  expect(await idsIn('KST049', text.replace('!ImportValue Hours', '24'))).toContain('KST049');
});
