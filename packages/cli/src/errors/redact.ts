/** Environment variables whose values must never be shown. */
const secretVariables = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
] as const;

const patterns: readonly (readonly [RegExp, string])[] = [
  [/\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}\b/g, '[redacted key id]'],
  [/\b(Signature=)[0-9a-f]{16,}/gi, '$1[redacted]'],
  [/\b(Credential=)[^/\s,]+/gi, '$1[redacted]'],
  [
    /(["']?(?:x-amz-security-token|authorization|secretAccessKey|sessionToken)["']?\s*[:=]\s*)(["'])[^"']*\2/gi,
    '$1$2[redacted]$2',
  ],
  [/\b(x-amz-security-token|authorization)(:\s*)[^\n]+/gi, '$1$2[redacted]'],
  [/(:\/\/[^/\s:@]+:)[^@\s/]+@/g, '$1[redacted]@'],
];

/**
 * `text` without credentials: values of the environment that hold some, and whatever looks like one. Everything that
 * goes to stderr passes here, since people paste it into issues.
 */
export function redact(text: string, env: Readonly<Record<string, string | undefined>>): string {
  let safe = text;
  for (const name of secretVariables) {
    const secret = env[name];
    // A dummy such as "local" or "test" is no secret, and would blank out innocent words.
    if (secret !== undefined && secret.length >= 12) safe = safe.replaceAll(secret, '[redacted]');
  }
  for (const [pattern, replacement] of patterns) safe = safe.replace(pattern, replacement);
  return safe;
}
