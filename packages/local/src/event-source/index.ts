export { resolveChoices, type MappingChoices, type ResolvedChoices } from './choices.ts';
export { readResponse, type Verdict } from './response.ts';
export {
  nextStep,
  retryDelay,
  settle,
  startBatch,
  startFinal,
  type BackoffCurve,
  type DropCondition,
  type RetryRecord,
  type RetryRules,
  type RetryState,
  type RetryStep,
  type WorkItem,
} from './retry.ts';
export { stateOf, type WindowPart } from './tumbling-window.ts';
