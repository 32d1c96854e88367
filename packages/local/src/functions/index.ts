export type { InvokeResult } from '../event-source/invoker.ts';
export type { FunctionEvent, FunctionListener, LambdaContext, LambdaHandler } from './function.ts';
export { launchOf, type HandlerFile, type Launch } from './handler-file.ts';
export {
  FunctionRegistry,
  type FunctionOptions,
  type LocalFunction,
  type RegistryOptions,
} from './registry.ts';
