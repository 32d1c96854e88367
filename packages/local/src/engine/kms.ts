import { ServiceError, type ServiceErrorType } from './service-error.ts';

/** What is wrong with a key. */
export type KmsKeyState =
  | 'disabled'
  | 'denied'
  | 'missing'
  | 'invalid-state'
  | 'opt-in-required'
  | 'throttled';

/**
 * Stands in for KMS: every key exists and works until it is marked otherwise. Marks may change at any time; a stream
 * encrypted with a key that fails later fails its puts and gets, as the service does.
 */
export class Kms {
  readonly #marks = new Map<string, KmsKeyState>();
  readonly #accountId: string;
  readonly #region: string;
  readonly #onChange: (() => void) | undefined;

  constructor(where: {
    readonly accountId: string;
    readonly region: string;
    readonly onChange?: () => void;
  }) {
    this.#accountId = where.accountId;
    this.#region = where.region;
    this.#onChange = where.onChange;
  }

  /** Every mark there is. */
  capture(): Readonly<Record<string, KmsKeyState>> {
    return Object.fromEntries(this.#marks);
  }

  /** Takes over the marks of an earlier life; those made since stay. */
  restore(marks: Readonly<Record<string, KmsKeyState>>): void {
    for (const [keyId, state] of Object.entries(marks)) {
      if (!this.#marks.has(keyId)) this.#marks.set(keyId, state);
    }
  }

  /** Whether any key is marked; when none is nothing needs checking. */
  get marked(): boolean {
    return this.#marks.size > 0;
  }

  /**
   * Marks a key, named as requests name it (id, ARN or alias); undefined makes it work again.
   *
   * @example
   * ```ts
   * kinesis.engine.kms.mark('alias/orders', 'disabled');
   * ```
   */
  mark(keyId: string, state: KmsKeyState | undefined): void {
    if (state === undefined) this.#marks.delete(keyId);
    else this.#marks.set(keyId, state);
    this.#onChange?.();
  }

  /** Throws the error of the KMS family for a key that cannot be used. */
  check(keyId: string): void {
    const state = this.#marks.get(keyId) ?? this.#marks.get(this.#arnOf(keyId));
    if (state !== undefined) throw this.#error(keyId, state);
    if (!keyForm.test(keyId)) {
      throw new ServiceError('KMSNotFoundException', `Invalid keyId ${keyId}`);
    }
  }

  #error(keyId: string, state: KmsKeyState): ServiceError {
    const arn = this.#arnOf(keyId);
    const texts: Readonly<Record<KmsKeyState, readonly [ServiceErrorType, string]>> = {
      disabled: ['KMSDisabledException', `${arn} is disabled.`],
      denied: [
        'KMSAccessDeniedException',
        `User is not authorized to perform: kms:GenerateDataKey on resource: ${arn}`,
      ],
      missing: [
        'KMSNotFoundException',
        arn.includes(':alias/') ? `Alias ${arn} is not found.` : `Key '${arn}' does not exist`,
      ],
      'invalid-state': ['KMSInvalidStateException', `${arn} is pending deletion.`],
      'opt-in-required': ['KMSOptInRequired', 'The AWS Access Key Id needs a subscription for the service.'],
      throttled: [
        'KMSThrottlingException',
        'You have exceeded the rate at which you may call KMS. Reduce the frequency of your calls.',
      ],
    };
    return new ServiceError(...texts[state]);
  }

  #arnOf(keyId: string): string {
    if (keyId.startsWith('arn:')) return keyId;
    const resource = keyId.startsWith('alias/') ? keyId : `key/${keyId}`;
    return `arn:aws:kms:${this.#region}:${this.#accountId}:${resource}`;
  }
}

/** A UUID, a multi-region key id, an alias, or the ARN of a key or alias. */
const keyForm =
  /^(?:arn:aws[^:]*:kms:[^:]+:\d{12}:(?:key|alias)\/\S+|alias\/[a-zA-Z0-9/_-]+|mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;
