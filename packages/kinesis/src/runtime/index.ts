export { backoffDelay, type Backoff } from './backoff.ts';
export { aborted, nextTurn, sleep, systemClock, type Clock } from './clock.ts';
export { publish } from './diagnostics.ts';
export { Ticker } from './ticker.ts';
export { toMilliseconds, type Duration } from './duration.ts';
export { closeOnSignals, type Closable } from './shutdown.ts';
export { choiceOption, integerOption, optionError } from './options.ts';
export { noMeter, type Meter, type MeterLabels } from './meter.ts';
export { openTelemetryMeter, promMeter, type OpenTelemetryMeter, type PromClient } from './meter-adapters.ts';
