import type { Identity } from '../aws/identity.ts';
import type { Examination, Finding } from './finding.ts';

/** The Node this runs on. */
export function checkRuntime(version: string): Examination {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const tooOld = major < 20 || (major === 20 && minor < 19);
  const ending = major < 22;
  const findings: readonly Finding[] = tooOld
    ? [
        {
          id: 'node-too-old',
          severity: 'error',
          what: `Node ${version} is too old`,
          fix: 'Install Node 20.19 or later.',
        },
      ]
    : ending
      ? [
          {
            id: 'node-ending',
            severity: 'info',
            what: `versions of the AWS SDK published after January 2027 need Node 22; this is ${version}`,
            fix: 'Go to Node 22 or 24 when it suits.',
          },
        ]
      : [];
  return { check: 'node', seen: version, findings };
}

const soonMs = 15 * 60_000;

/** Who it is, and for how long. */
export function checkIdentity({ arn, account, expiresAt }: Identity, now: number): Examination {
  const leftMs = expiresAt === undefined ? Number.POSITIVE_INFINITY : expiresAt.getTime() - now;
  return {
    check: 'credentials',
    seen: `${arn} of account ${account}`,
    findings:
      leftMs > soonMs
        ? []
        : [
            {
              id: 'credentials-ending',
              severity: 'warning',
              what: `the credentials end ${leftMs <= 0 ? 'now' : `in ${Math.round(leftMs / 60_000)} minutes`}`,
              fix: 'Log in again before a long task.',
            },
          ],
  };
}

const noticeableMs = 30_000;
/** Signatures are good for five minutes. */
const refusedMs = 4 * 60_000;

/** How far the clocks are apart. */
export function checkClock(skewMs: number | undefined): Examination {
  if (skewMs === undefined) {
    return { check: 'clock', skipped: 'the endpoint does not tell its time', findings: [] };
  }
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const direction = skewMs > 0 ? 'behind' : 'ahead of';
  const finding: Finding = {
    id: 'clock-skew',
    severity: seconds * 1000 >= refusedMs ? 'error' : 'warning',
    what: `this machine's clock is ${seconds} s ${direction} the service's: positions such as -15m and lags are off by so much, and beyond five minutes signatures are refused`,
    fix: 'Let the machine take its time from NTP.',
  };
  return {
    check: 'clock',
    seen: `${seconds} s apart`,
    findings: Math.abs(skewMs) < noticeableMs ? [] : [finding],
  };
}
