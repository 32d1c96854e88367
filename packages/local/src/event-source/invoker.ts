import type { KinesisEvent } from './event.ts';

/** What came of calling a function. */
export type InvokeResult =
  | {
      readonly type: 'response';
      /** As JSON has it; undefined for none. */
      readonly response: unknown;
      readonly requestId: string;
      readonly durationMs: number;
    }
  | {
      readonly type: 'error';
      /** `Unhandled`, as Lambda answers in `X-Amz-Function-Error`. */
      readonly functionError: string;
      readonly error: { readonly type: string; readonly message: string };
      readonly requestId: string;
      readonly durationMs: number;
    }
  /** It never ran. */
  | { readonly type: 'refused'; readonly reason: string; readonly requestId: string };

/** The function a mapping invokes. */
export interface Invoker {
  /** With the qualifier the mapping names it with. */
  readonly functionArn: string;
  readonly roleArn: string;
  /** Never rejects. */
  invoke(event: KinesisEvent): Promise<InvokeResult>;
}
