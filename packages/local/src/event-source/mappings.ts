import { Bell } from '@millrace/kinesis/runtime';

import { createSettings, updateSettings, type SettingsContext } from './check-settings.ts';
import { resolveChoices, type MappingChoices } from './choices.ts';
import { parseFunctionName } from './function-name.ts';
import { LambdaError } from './lambda-error.ts';
import { Mapping } from './mapping.ts';
import type { MappingEvent, MappingListener } from './mapping-event.ts';
import type { MappingDoors } from './mapping-init.ts';
import type { MappingSettings } from './settings.ts';
import { newUuid } from './uuid.ts';

export interface MappingsInit extends Pick<SettingsContext, 'functionArn' | 'checkEventSource'> {
  readonly doors: MappingDoors;
  readonly accountId: string;
  /** Hears of every mapping. */
  readonly tell: (settings: MappingSettings, uuid: string, event: MappingEvent) => void;
}

/** The event source mappings there are. Everything throws `LambdaError`, in the service's words. */
export class Mappings {
  /** Rings when one of them may have come further in its stream, and when one is gone. */
  readonly changed: Bell = new Bell();
  readonly #init: MappingsInit;
  readonly #mappings = new Map<string, { readonly mapping: Mapping; readonly choices: MappingChoices }>();

  constructor(init: MappingsInit) {
    this.#init = init;
  }

  /** Makes one of a CreateEventSourceMapping request. */
  create(input: unknown, choices: MappingChoices = {}, listener: MappingListener = () => {}): Mapping {
    const { doors, accountId, tell } = this.#init;
    const settings = createSettings(input, this.#context(choices));
    this.#checkNew(settings);
    const uuid = newUuid(doors.clock);
    const resolved = resolveChoices(choices);
    const made: { mapping?: Mapping } = {};
    const mapping = new Mapping({
      uuid,
      arn: `arn:aws:lambda:${doors.region}:${accountId}:event-source-mapping:${uuid}`,
      settings,
      choices: resolved,
      doors,
      tell: (event) => {
        tell(made.mapping?.settings ?? settings, uuid, event);
        listener(event);
      },
      moved: () => this.changed.ring(),
    });
    made.mapping = mapping;
    this.#mappings.set(uuid, { mapping, choices });
    return mapping;
  }

  get(uuid: string): Mapping {
    return this.#find(uuid).mapping;
  }

  /** In the order they were made; those of a source or a function only, when one is given. */
  list({
    eventSourceArn,
    functionName,
  }: {
    readonly eventSourceArn?: string | undefined;
    readonly functionName?: string | undefined;
  }): readonly Mapping[] {
    const wanted = functionName === undefined ? undefined : this.#init.functionArn(functionName);
    return [...this.#mappings.values()]
      .map(({ mapping }) => mapping)
      .filter(
        ({ settings }) =>
          (eventSourceArn === undefined || settings.EventSourceArn === eventSourceArn) &&
          (wanted === undefined || settings.FunctionArn === wanted),
      );
  }

  /** Takes an UpdateEventSourceMapping request. */
  update(uuid: string, input: unknown): Mapping {
    const { mapping, choices } = this.#find(uuid);
    checkFree(mapping, 'update');
    const settings = updateSettings(mapping.settings, input, this.#context(choices));
    void mapping.update(settings);
    return mapping;
  }

  delete(uuid: string): Mapping {
    const { mapping } = this.#find(uuid);
    checkFree(mapping, 'delete');
    void mapping.delete().then(() => this.#forget(uuid));
    return mapping;
  }

  /** Ends every mapping; invocations under way are waited for. */
  async close(): Promise<void> {
    await Promise.all([...this.#mappings.values()].map(({ mapping }) => mapping.close()));
    this.#mappings.clear();
    this.changed.ring();
  }

  #forget(uuid: string): void {
    this.#mappings.delete(uuid);
    this.changed.ring();
  }

  #find(uuid: string): { readonly mapping: Mapping; readonly choices: MappingChoices } {
    const found = this.#mappings.get(uuid);
    if (found !== undefined) return found;
    throw new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
  }

  /** A stream is mapped to a function once. */
  #checkNew({ EventSourceArn: source, FunctionArn: functionArn }: MappingSettings): void {
    for (const { mapping } of this.#mappings.values()) {
      const { settings, uuid } = mapping;
      if (settings.EventSourceArn !== source || settings.FunctionArn !== functionArn) continue;
      const name = parseFunctionName(functionArn)?.name ?? functionArn;
      throw new LambdaError(
        'ResourceConflictException',
        `The event source arn (" ${source} ") and function (" ${name} ") provided mapping already exists. ` +
          `Please update or delete the existing mapping with UUID ${uuid}`,
      );
    }
  }

  #context(choices: MappingChoices): SettingsContext {
    const { doors, functionArn, checkEventSource } = this.#init;
    return { choices: resolveChoices(choices), now: doors.clock.now(), functionArn, checkEventSource };
  }
}

function checkFree(mapping: Mapping, what: 'update' | 'delete'): void {
  if (!mapping.busy) return;
  throw new LambdaError(
    'ResourceInUseException',
    `Cannot ${what} the event source mapping because it is in use.`,
    `It is ${mapping.state}.`,
  );
}
