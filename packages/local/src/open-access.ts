import type { Permit } from './api/policy/permit.ts';
import type { PolicyDocument } from './api/policy/policy-document.ts';
import type { Engine } from './engine/engine.ts';
import type { ClientConfig } from './local-kinesis.ts';
import type { LocalKinesisOptions } from './local-kinesis-options.ts';
import type { AuthorizationRules } from './wire/authorization.ts';
import type { SigningKeys, VerifySignature } from './wire/signature.ts';

/** Who is let in, and what they may do. */
export interface Access {
  readonly rules: AuthorizationRules;
  /** Undefined without a policy: then they may do everything. */
  readonly permit: Permit | undefined;
}

/** Throws `OPTION_INVALID`. */
export async function openAccess(options: LocalKinesisOptions, engine: Engine): Promise<Access> {
  const permit = await openPermit(options.policy, engine);
  const verify = await openSignatureCheck(options.verifySignatures, engine);
  const rules: AuthorizationRules = {
    ...(options.accessKeyIds === undefined ? {} : { accessKeyIds: options.accessKeyIds }),
    ...(options.enforceRegion === true ? { signingRegion: engine.options.region } : {}),
    ...(verify === undefined ? {} : { verify }),
  };
  return { rules, permit };
}

/** Such as are let in. */
export function credentialsOf({
  accessKeyIds,
  verifySignatures,
}: LocalKinesisOptions): ClientConfig['credentials'] {
  const [known] = Object.entries(verifySignatures ?? {}).filter(
    ([id]) => accessKeyIds === undefined || accessKeyIds.includes(id),
  );
  if (known === undefined) return { accessKeyId: accessKeyIds?.[0] ?? 'local', secretAccessKey: 'local' };
  const [accessKeyId, key] = known;
  return { accessKeyId, ...(typeof key === 'string' ? { secretAccessKey: key } : key) };
}

/** Loaded by who has a policy. */
async function openPermit(policy: PolicyDocument | undefined, engine: Engine): Promise<Permit | undefined> {
  if (policy === undefined) return undefined;
  const { createPermit } = await import('./api/policy/permit.ts');
  return createPermit(policy, engine, 'local.policy');
}

/** Loaded by who verifies. */
async function openSignatureCheck(
  keys: SigningKeys | undefined,
  engine: Engine,
): Promise<VerifySignature | undefined> {
  if (keys === undefined) return undefined;
  const { createSignatureCheck } = await import('./wire/signature.ts');
  return createSignatureCheck(keys, () => engine.now, 'local.verifySignatures');
}
