import type { Rule } from '../rule.ts';
import { alarmRules } from './alarm-rules.ts';
import { functionRules } from './function-rules.ts';
import { mappingRules } from './mapping-rules.ts';
import { streamRules } from './stream-rules.ts';
import { terraformRules } from './terraform-rules.ts';
import { unsaidRules } from './unsaid-rules.ts';
import { watchRules } from './watch-rules.ts';

/** Every rule, by id: the one source of the check, its documentation and its tests. */
export const rules: readonly Rule[] = [
  ...mappingRules,
  ...streamRules,
  ...functionRules,
  ...alarmRules,
  ...terraformRules,
  ...unsaidRules,
  ...watchRules,
].toSorted((a, b) => (a.id < b.id ? -1 : 1));
