import type { WireRequest, WireResponse } from '../wire/message.ts';

/** Another AWS service answered on the same endpoint. */
export interface Neighbour {
  /** Prefixes of `X-Amz-Target` it answers. */
  readonly targets: readonly string[];
  /** Whether a request that names none of them is for it all the same. */
  readonly accepts?: (request: WireRequest) => boolean;
  /** Never rejects. */
  answer(request: WireRequest): Promise<WireResponse>;
  close(): Promise<void>;
}
