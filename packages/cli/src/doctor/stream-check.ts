import type { FanOutConsumer } from '../aws/fan-out-admin.ts';
import type { Permission } from '../aws/permissions.ts';
import type { DescribedStream } from '../aws/stream-admin.ts';
import type { Examination, Finding } from './finding.ts';

/** The stream's own settings. */
export function checkStream(stream: DescribedStream): Examination {
  const { name, status, mode, openShards, retentionHours, encryption } = stream;
  const findings: (Finding | false)[] = [
    status !== 'ACTIVE' && {
      id: 'stream-not-active',
      severity: status === 'UPDATING' ? 'info' : 'error',
      what: `${name} is ${status}`,
      fix: 'Wait until it is ACTIVE: millrace streams describe',
    },
    retentionHours <= 24 && {
      id: 'retention-short',
      severity: 'info',
      what: 'records are kept for a day: a consumer that stands still over a weekend loses some',
      fix: `aws kinesis increase-stream-retention-period --stream-name ${name} --retention-period-hours 168`,
    },
    encryption === 'NONE' && {
      id: 'not-encrypted',
      severity: 'info',
      what: 'records are stored unencrypted',
      fix: `aws kinesis start-stream-encryption --stream-name ${name} --encryption-type KMS --key-id alias/aws/kinesis`,
    },
  ];
  return {
    check: 'stream',
    seen: `${name} is ${status}, ${mode}, ${openShards} open shards, ${retentionHours} h, encryption ${encryption}`,
    findings: findings.filter((finding) => finding !== false),
  };
}

/** What the credentials may not do. */
export function checkPermissions(arn: string, permissions: readonly Permission[]): Examination {
  const allowed = permissions.filter(({ verdict }) => verdict === 'allowed').map(({ action }) => action);
  return {
    check: 'permissions',
    seen: allowed.length === 0 ? 'none' : allowed.join(', '),
    findings: permissions.flatMap(({ action, verdict, reason = '' }): readonly Finding[] => {
      if (verdict === 'allowed') return [];
      if (verdict === 'unknown') {
        return [
          {
            id: 'permission-unknown',
            severity: 'info',
            what: `${action}: ${reason}`,
            fix: 'Try the operation itself.',
          },
        ];
      }
      return [
        {
          id: 'permission-denied',
          // Who only reads need not be allowed to write.
          severity: 'warning',
          what: `these credentials may not ${action}`,
          fix: `If they should: ${JSON.stringify({ Effect: 'Allow', Action: action, Resource: arn })}`,
        },
      ];
    }),
  };
}

/** Fan-out consumers that are paid for and not used. `subscribed`: SubscribeToShard calls of the last hour, by name; undefined: not known. */
export function checkFanOut(
  stream: string,
  consumers: readonly FanOutConsumer[],
  subscribed: ReadonlyMap<string, number> | undefined,
): Examination {
  return {
    check: 'fan-out consumers',
    seen: consumers.length === 0 ? 'none' : consumers.map(({ name }) => name).join(', '),
    findings: consumers.flatMap(({ name }): readonly Finding[] =>
      subscribed === undefined || (subscribed.get(name) ?? 0) > 0
        ? []
        : [
            {
              id: 'fan-out-unused',
              severity: 'warning',
              what: `nobody subscribed as ${name} in the last hour, and it is paid for by shard and hour`,
              fix: `millrace consumers deregister ${stream} ${name}`,
            },
          ],
    ),
  };
}
