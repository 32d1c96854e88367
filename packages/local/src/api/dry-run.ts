import { ServiceError } from '../engine/service-error.ts';

/**
 * Throws `DryRunOperationException` when the request asked whether it would succeed and it would: called after every
 * check, before anything happens.
 */
export function endDryRun(request: { readonly DryRun?: boolean | null | undefined }): void {
  if (request.DryRun !== true) return;
  throw new ServiceError(
    'DryRunOperationException',
    'The request was rejected because the DryRun parameter was specified.',
  );
}
