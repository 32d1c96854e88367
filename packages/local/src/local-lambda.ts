import { MillraceError } from '@millrace/kinesis/errors';
import { optionError, type Clock } from '@millrace/kinesis/runtime';

import type { MappingChoices } from './event-source/choices.ts';
import { isRegion } from './event-source/function-name.ts';
import { invalidParameter, isLambdaError } from './event-source/lambda-error.ts';
import type { MappingKeeper } from './event-source/kept-mapping.ts';
import { LocalDestinations } from './event-source/local-destinations.ts';
import type { Mapping, MappingState } from './event-source/mapping.ts';
import type { MappingEvent, MappingListener } from './event-source/mapping-event.ts';
import { Mappings } from './event-source/mappings.ts';
import type { MappingInput, MappingSettings } from './event-source/settings.ts';
import type { MappingSource } from './event-source/source.ts';
import type { FunctionEvent, LambdaHandler } from './functions/function.ts';
import type { HandlerFile } from './functions/handler-file.ts';
import { FunctionRegistry, type FunctionOptions, type LocalFunction } from './functions/registry.ts';

/** How a mapping made by a program differs from AWS's defaults. */
export interface MappingOptions extends MappingInput {
  /** What AWS does not document, decided otherwise. */
  readonly choices?: MappingChoices;
  /** The function's name, time-out and so on. */
  readonly function?: FunctionOptions;
  /** Hears what the mapping does. */
  readonly onEvent?: MappingListener;
}

/** An event source mapping of this process. */
export interface LocalMapping extends AsyncDisposable {
  readonly uuid: string;
  readonly arn: string;
  readonly settings: MappingSettings;
  readonly state: MappingState;
  /** `No records processed`, `OK`, or `PROBLEM: …`. */
  readonly lastProcessingResult: string;
  readonly function: LocalFunction;
  /** Takes new settings; what is not named stays, and records go on where they are. Throws `OPTION_INVALID`. */
  update(settings: Omit<MappingInput, 'EventSourceArn' | 'StartingPosition'>): Promise<void>;
  /** Waits for invocations under way, and begins no more until {@link resume}. */
  pause(): Promise<void>;
  /** Goes on where {@link pause} stopped. */
  resume(): Promise<void>;
  /** Ends it, and forgets how far it was; to have a folder keep it, close the Kinesis alone. Idempotent. */
  close(): Promise<void>;
}

/** Where a local Lambda is: the clock it goes by, and the streams it reads. */
export interface LambdaPlace {
  readonly clock: Clock;
  readonly region: string;
  readonly accountId: string;
  /** Whether a mapping has the quotas of an account that asked for no more. */
  readonly enforceLimits?: boolean;
  readonly source: (eventSourceArn: string) => MappingSource;
  /** Throws `LambdaError` for what there is not. */
  readonly checkEventSource: (arn: string) => void;
}

export interface LocalLambdaInit extends LambdaPlace {
  /** Hears of every function and mapping. */
  readonly meter?: LambdaMeter;
  readonly destinationFolder?: string | undefined;
  /** Given when mappings outlive the process. */
  readonly keeper?: MappingKeeper | undefined;
}

/** Counts what functions and mappings do. */
export interface LambdaMeter {
  ofFunction(name: string, event: FunctionEvent): void;
  ofMapping(settings: MappingSettings, uuid: string, event: MappingEvent): void;
}

/** The part of Lambda that Kinesis needs: functions, event source mappings, and where their failures go. */
export class LocalLambda {
  readonly functions: FunctionRegistry;
  readonly mappings: Mappings;
  readonly destinations: LocalDestinations;
  readonly #place: LambdaPlace;

  constructor({ meter, destinationFolder, keeper, ...place }: LocalLambdaInit) {
    const { clock, region, accountId, source, checkEventSource, enforceLimits = false } = place;
    this.#place = place;
    this.destinations = new LocalDestinations({ clock, folder: destinationFolder });
    this.functions = new FunctionRegistry({
      clock,
      region,
      accountId,
      tell: (name, event) => meter?.ofFunction(name, event),
    });
    this.mappings = new Mappings({
      accountId,
      tell: (settings, uuid, event) => meter?.ofMapping(settings, uuid, event),
      functionArn: (name) => this.#function(name).arn,
      checkEventSource,
      enforceLimits,
      keeper,
      doors: {
        clock,
        region,
        sink: this.destinations,
        invoker: (arn) => this.functions.find(arn)?.found.invoker(arn),
        source,
      },
    });
  }

  /** See `LocalKinesis.mapping`. */
  async map(
    stream: string,
    code: LambdaHandler | HandlerFile,
    options: MappingOptions = {},
  ): Promise<LocalMapping> {
    const { choices, function: wanted, onEvent, ...settings } = options;
    const { region, accountId } = this.#place;
    // Else every ARN would be refused, by a pattern that says nothing of the region.
    if (!isRegion(region)) {
      throw optionError(
        'region',
        region,
        'a name as AWS has them, such as us-east-1: a mapping has it in its ARNs',
      );
    }
    const added = await this.functions.add(code, wanted);
    const input = {
      EventSourceArn: `arn:aws:kinesis:${region}:${accountId}:stream/${stream}`,
      StartingPosition: 'TRIM_HORIZON',
      ...settings,
      FunctionName: added.arn,
    };
    const mapping = await asOption(
      async () =>
        (await this.mappings.takeOver(input, choices, onEvent)) ??
        this.mappings.create(input, choices, onEvent),
    );
    await mapping.settled();
    return this.#handle(mapping, added);
  }

  async close(): Promise<void> {
    // No batch is judged by how its function was ended: the mappings stop first, and are waited for last.
    const stopped = this.mappings.close();
    await this.functions.close();
    await stopped;
  }

  #handle(mapping: Mapping, added: LocalFunction): LocalMapping {
    const { mappings } = this;
    const update = async (input: object): Promise<void> => {
      await asOption(async () => mappings.update(mapping.uuid, input));
      await mapping.settled();
    };
    const end = async (): Promise<void> => {
      await mapping.settled();
      // Somebody may have deleted it through the API.
      if (mapping.state !== 'Deleting') mappings.delete(mapping.uuid);
      await mapping.settled();
      await added.close();
    };
    let closing: Promise<void> | undefined;
    const close = (): Promise<void> => {
      closing ??= end();
      return closing;
    };
    return {
      uuid: mapping.uuid,
      arn: mapping.arn,
      function: added,
      get settings() {
        return mapping.settings;
      },
      get state() {
        return mapping.state;
      },
      get lastProcessingResult() {
        return mapping.lastProcessingResult;
      },
      update,
      pause: () => update({ Enabled: false }),
      resume: () => update({ Enabled: true }),
      close,
      [Symbol.asyncDispose]: close,
    };
  }

  #function(name: string): { readonly found: LocalFunction; readonly arn: string } {
    const found = this.functions.find(name);
    if (found !== undefined) return found;
    throw invalidParameter(
      'Function does not exist',
      `Register ${name} first: this Lambda runs functions of this machine and takes no code.`,
    );
  }
}

/** What the service would refuse, as a program hears of its options. */
async function asOption<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!isLambdaError(error)) throw error;
    throw new MillraceError('OPTION_INVALID', `The mapping cannot be made: ${error.type}: ${error.message}`, {
      advice: error.reason ?? 'Correct what the message names.',
      path: 'mapping',
      service: error.type,
      cause: error,
    });
  }
}
