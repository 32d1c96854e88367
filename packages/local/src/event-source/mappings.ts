import { Bell } from '@millrace/kinesis/runtime';

import { createSettings, readUpdate, updateSettings, type SettingsContext } from './check-settings.ts';
import { resolveChoices, type MappingChoices } from './choices.ts';
import { namesSame, parseFunctionName } from './function-name.ts';
import type { KeptMapping, MappingKeeper } from './kept-mapping.ts';
import { isLambdaError, LambdaError } from './lambda-error.ts';
import { Mapping } from './mapping.ts';
import { acceptList } from './mapping-request.ts';
import type { MappingEvent, MappingListener } from './mapping-event.ts';
import type { MappingDoors } from './mapping-init.ts';
import type { MappingSettings } from './settings.ts';
import { newUuid } from './uuid.ts';

export interface MappingsInit extends Pick<
  SettingsContext,
  'functionArn' | 'checkEventSource' | 'enforceLimits'
> {
  readonly doors: MappingDoors;
  readonly accountId: string;
  /** Hears of every mapping. */
  readonly tell: (settings: MappingSettings, uuid: string, event: MappingEvent) => void;
  /** Given when mappings outlive the process. */
  readonly keeper?: MappingKeeper | undefined;
}

/**
 * The event source mappings there are. Everything throws `LambdaError`, in the service's words. With a keeper, what is
 * answered is kept before it is answered; how far a mapping is, a moment later: after a crash it may be invoked again
 * with what it was invoked with last, and never goes past a record that is not handled.
 */
export class Mappings {
  /** Rings when one of them may have come further in its stream, and when one is gone. */
  readonly changed: Bell = new Bell();
  /** Hear of every mapping, as long as they are in here. */
  readonly listeners: Set<MappingsInit['tell']> = new Set();
  readonly #init: MappingsInit;
  readonly #mappings = new Map<string, Entry>();
  #saving: Disposable | undefined;

  constructor(init: MappingsInit) {
    this.#init = init;
  }

  /** Makes one of a CreateEventSourceMapping request. */
  create(input: unknown, choices: MappingChoices = {}, listener: MappingListener = () => {}): Mapping {
    const settings = createSettings(input, this.#context(choices));
    this.#checkNew(settings);
    const mapping = this.#make({ uuid: newUuid(this.#init.doors.clock), settings, choices, listener });
    this.#save();
    return mapping;
  }

  /** Goes on with those of the process before. To be called once, when their functions are there. */
  resume(): void {
    for (const kept of this.#init.keeper?.load() ?? []) this.#make({ ...kept, listener: () => {}, kept });
  }

  /**
   * The one of the process before for a CreateEventSourceMapping request of a program that makes the same again: it
   * takes the new settings, and goes on where it is. Undefined when there is none.
   */
  async takeOver(
    input: unknown,
    choices: MappingChoices = {},
    listener: MappingListener = () => {},
  ): Promise<Mapping | undefined> {
    const settings = createSettings(input, this.#context(choices));
    const entry = this.#entryOf(settings);
    if (entry?.isKept !== true || entry.mapping.state === 'Deleting') return undefined;
    const { mapping } = entry;
    entry.isKept = false;
    await mapping.settled();
    entry.choices = choices;
    void mapping.takeOver({
      settings,
      choices: resolveChoices(choices),
      tell: this.#toBoth(() => mapping.settings, mapping.uuid, listener),
    });
    this.#save();
    return mapping;
  }

  get(uuid: string): Mapping {
    return this.#find(uuid).mapping;
  }

  /** In the order they were made; those of a ListEventSourceMappings request's source and function. */
  list(input: unknown = {}): readonly Mapping[] {
    const { EventSourceArn: source, FunctionName: name } = acceptList(input);
    const all = [...this.#mappings.values()].map(({ mapping }) => mapping);
    const ofFunction =
      name === undefined || name === null
        ? all
        : all.filter(({ settings }) => namesSame(settings.FunctionArn, name));
    // Those kept from an earlier process may be there before their function is.
    if (ofFunction.length === 0 && name !== undefined && name !== null) this.#checkFunction(name);
    return ofFunction.filter(
      ({ settings }) => settings.EventSourceArn === (source ?? settings.EventSourceArn),
    );
  }

  /** Takes an UpdateEventSourceMapping request. */
  update(uuid: string, input: unknown): Mapping {
    const request = readUpdate(input);
    const { mapping, choices } = this.#find(uuid);
    checkFree(mapping, 'update');
    const settings = updateSettings(mapping.settings, request, this.#context(choices));
    this.#checkNew(settings, mapping);
    void mapping.update(settings);
    this.#save();
    return mapping;
  }

  delete(uuid: string): Mapping {
    const { mapping } = this.#find(uuid);
    checkFree(mapping, 'delete');
    void mapping.delete().then(() => this.#forget(uuid));
    this.#save();
    return mapping;
  }

  /** Ends every mapping; invocations under way are waited for. */
  async close(): Promise<void> {
    await Promise.all([...this.#mappings.values()].map(({ mapping }) => mapping.close()));
    this.#save();
    this.#mappings.clear();
    this.changed.ring();
  }

  #make({ uuid, settings, choices, listener, kept }: Made): Mapping {
    const { doors, accountId } = this.#init;
    const made: { mapping?: Mapping } = {};
    const mapping = new Mapping({
      uuid,
      arn: `arn:aws:lambda:${doors.region}:${accountId}:event-source-mapping:${uuid}`,
      settings,
      choices: resolveChoices(choices),
      doors,
      tell: this.#toBoth(() => made.mapping?.settings ?? settings, uuid, listener),
      moved: () => {
        this.changed.ring();
        this.#saveSoon();
      },
      opened: () => this.#trySave(),
      kept,
    });
    made.mapping = mapping;
    this.#mappings.set(uuid, { mapping, choices, isKept: kept !== undefined });
    return mapping;
  }

  #toBoth(settings: () => MappingSettings, uuid: string, listener: MappingListener): MappingListener {
    return (event) => {
      this.#init.tell(settings(), uuid, event);
      for (const tell of this.listeners) tell(settings(), uuid, event);
      listener(event);
    };
  }

  /** Throws when they cannot be kept. */
  #save(): void {
    const { keeper } = this.#init;
    if (keeper === undefined) return;
    this.#saving?.[Symbol.dispose]();
    this.#saving = undefined;
    const there = [...this.#mappings.values()].filter(({ mapping }) => mapping.state !== 'Deleting');
    keeper.save(there.map(({ mapping, choices }) => ({ ...mapping.capture(), choices })));
  }

  #saveSoon(): void {
    const { keeper, doors } = this.#init;
    if (keeper === undefined || this.#mappings.size === 0) return;
    this.#saving ??= doors.clock.timer(saveMs, () => this.#trySave());
  }

  /** Where nobody waits to hear that it went wrong. The next move tries again. */
  #trySave(): void {
    try {
      this.#save();
    } catch (error) {
      const message = `How far it is cannot be kept: ${error instanceof Error ? error.message : String(error)}`;
      for (const { mapping } of this.#mappings.values()) mapping.trouble(message);
    }
  }

  #forget(uuid: string): void {
    this.#mappings.delete(uuid);
    this.changed.ring();
  }

  #find(uuid: string): Entry {
    const found = this.#mappings.get(uuid);
    if (found !== undefined) return found;
    throw new LambdaError('ResourceNotFoundException', 'The resource you requested does not exist.');
  }

  #checkFunction(name: string): void {
    try {
      this.#init.functionArn(name);
    } catch (error) {
      if (!isLambdaError(error)) throw error;
      throw new LambdaError('ResourceNotFoundException', `Function not found: ${name}`, error.reason);
    }
  }

  /** A stream is mapped to a function once; `changed` may go on being what it is. */
  #checkNew(wanted: MappingSettings, changed?: Mapping): void {
    const found = this.#entryOf(wanted);
    if (found === undefined || found.mapping === changed) return;
    const { EventSourceArn: source, FunctionArn: functionArn } = wanted;
    const name = parseFunctionName(functionArn)?.name ?? functionArn;
    throw new LambdaError(
      'ResourceConflictException',
      `The event source arn (" ${source} ") and function (" ${name} ") provided mapping already exists. ` +
        `Please update or delete the existing mapping with UUID ${found.mapping.uuid}`,
    );
  }

  #entryOf({ EventSourceArn: source, FunctionArn: functionArn }: MappingSettings): Entry | undefined {
    return [...this.#mappings.values()].find(
      ({ mapping: { settings } }) =>
        settings.EventSourceArn === source && settings.FunctionArn === functionArn,
    );
  }

  #context(choices: MappingChoices): SettingsContext {
    const { doors, functionArn, checkEventSource, enforceLimits } = this.#init;
    const now = doors.clock.now();
    return { choices: resolveChoices(choices), now, functionArn, checkEventSource, enforceLimits };
  }
}

interface Entry {
  readonly mapping: Mapping;
  choices: MappingChoices;
  /** Of the process before, and not asked for since. */
  isKept: boolean;
}

interface Made extends Pick<KeptMapping, 'uuid' | 'settings' | 'choices'> {
  readonly listener: MappingListener;
  readonly kept?: KeptMapping;
}

/** How far a mapping may be ahead of what is kept of it: each time costs a write that is waited for. */
const saveMs = 1000;

function checkFree(mapping: Mapping, what: 'update' | 'delete'): void {
  if (!mapping.busy) return;
  throw new LambdaError(
    'ResourceInUseException',
    `Cannot ${what} the event source mapping because it is in use.`,
    `It is ${mapping.state}.`,
  );
}
