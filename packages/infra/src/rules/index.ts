export {
  checkFiles,
  fileRules,
  type CannotTell,
  type CheckResult,
  type Finding,
  type Suppressed,
} from './check.ts';
export type { Place } from './node.ts';
export { isTerraform, type SourceFile } from './read/read-files.ts';
export { largestFile } from './read/read-problem.ts';
export type { Severity } from './rule.ts';
export { toSarif } from './sarif.ts';
export { rules } from './table/rules.ts';
