import type { Mapping } from '../aws/mappings.ts';
import type { Examination, Finding } from './finding.ts';

const weekSeconds = 604_800;

/** The settings of event source mappings that lose or hold up records without a word. */
export function checkMappings(mappings: readonly Mapping[]): Examination {
  return {
    check: 'event source mappings',
    seen: mappings.length === 0 ? 'none' : mappings.map(({ functionName }) => functionName).join(', '),
    findings: mappings.flatMap(trapsOf),
  };
}

function trapsOf(mapping: Mapping): readonly Finding[] {
  const { functionName, id, state, lastResult, maxRetries, maxRecordAgeSeconds } = mapping;
  const gives = maxRetries !== undefined || maxRecordAgeSeconds !== undefined;
  const update = (flags: string): string => `aws lambda update-event-source-mapping --uuid ${id} ${flags}`;
  const findings: (Finding | false)[] = [
    !mapping.reportsBatchItemFailures && {
      id: 'mapping-no-report',
      severity: 'error',
      what: `${functionName}: what its handler reports in batchItemFailures is ignored, those records are lost; a thrown error repeats the whole batch`,
      fix: update('--function-response-types ReportBatchItemFailures'),
    },
    gives &&
      mapping.failureDestination === undefined && {
        id: 'mapping-no-destination',
        severity: 'error',
        what: `${functionName}: records that failed too often or are too old are dropped without a trace`,
        fix: update(
          `--destination-config '{"OnFailure":{"Destination":"<arn of an SQS queue or S3 bucket>"}}'`,
        ),
      },
    !gives && {
      id: 'mapping-endless-retries',
      severity: 'warning',
      what: `${functionName}: one record that always fails blocks its shard until it leaves the stream`,
      fix: update('--maximum-retry-attempts 5, with a failure destination'),
    },
    maxRecordAgeSeconds !== undefined &&
      maxRecordAgeSeconds > weekSeconds && {
        id: 'mapping-age-too-long',
        severity: 'warning',
        what: `${functionName}: a maximum age of ${maxRecordAgeSeconds} s is longer than a week`,
        fix: update('--maximum-record-age-in-seconds 86400'),
      },
    !mapping.bisects && {
      id: 'mapping-no-bisect',
      severity: 'warning',
      what: `${functionName}: one bad record makes its whole batch fail each time`,
      fix: update('--bisect-batch-on-function-error'),
    },
    mapping.startingPosition === 'LATEST' && {
      id: 'mapping-latest',
      severity: 'warning',
      what: `${functionName}: begins at LATEST; what arrives while the mapping is made or made anew is never handled`,
      fix: 'Make the next one with TRIM_HORIZON or AT_TIMESTAMP; it cannot be changed.',
    },
    (state === 'Disabled' || state === 'Disabling') && {
      id: 'mapping-paused',
      severity: 'error',
      what: `${functionName}: the mapping is ${state}, nothing is handled`,
      fix: update('--enabled'),
    },
    /^PROBLEM/i.test(lastResult) && {
      id: 'mapping-problem',
      severity: 'error',
      what: `${functionName}: ${lastResult}`,
      fix: 'See the logs of the function, and: millrace lag --explain',
    },
  ];
  return findings.filter((finding) => finding !== false);
}
