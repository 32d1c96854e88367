import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve, sep } from 'node:path';

import type { Clock } from '@millrace/kinesis/runtime';

import type { DestinationSink } from './destination.ts';
import { newUuid } from './uuid.ts';

/** What a local queue or topic got. */
export interface SentMessage {
  readonly messageId: string;
  /** The failure document, as text. */
  readonly body: string;
  /** Milliseconds since the epoch. */
  readonly sentAt: number;
}

export interface LocalDestinationsOptions {
  readonly clock: Pick<Clock, 'now' | 'random'>;
  /** Also written to files below it: `sqs/QUEUE/…json`, `sns/TOPIC/…json`, `s3/BUCKET/KEY`. */
  readonly folder?: string | undefined;
}

/** Messages and objects kept of each destination; the oldest make room. */
const most = 10_000;

/**
 * Queues, topics and buckets that take failures, whatever their names. They are looked into here, and in files when
 * there is a folder.
 */
export class LocalDestinations implements DestinationSink {
  readonly #options: LocalDestinationsOptions;
  readonly #messages = new Map<string, SentMessage[]>();
  readonly #objects = new Map<string, Map<string, string>>();
  readonly #broken = new Map<string, string>();

  constructor(options: LocalDestinationsOptions) {
    this.#options = options;
  }

  /** What a queue or topic got, oldest first. */
  messages(arn: string): readonly SentMessage[] {
    return this.#messages.get(arn) ?? [];
  }

  /** What a bucket holds, by key. */
  objects(bucket: string): ReadonlyMap<string, string> {
    return this.#objects.get(bucket) ?? new Map<string, string>();
  }

  /** From now on deliveries to that ARN fail with the reason; undefined mends it. */
  break(arn: string, reason: string | undefined): void {
    if (reason === undefined) this.#broken.delete(arn);
    else this.#broken.set(arn, reason);
  }

  async send(queueArn: string, body: string): Promise<void> {
    this.#keep(queueArn, 'sqs', body);
  }

  async publish(topicArn: string, message: string): Promise<void> {
    this.#keep(topicArn, 'sns', message);
  }

  async put(bucket: string, key: string, body: string): Promise<void> {
    this.#check(`arn:aws:s3:::${bucket}`);
    this.#write(`s3/${bucket}/${key}`, body);
    const objects = this.#objects.get(bucket) ?? new Map<string, string>();
    this.#objects.set(bucket, objects.set(key, body));
    const [oldest] = objects.keys();
    if (objects.size > most && oldest !== undefined) objects.delete(oldest);
  }

  #keep(arn: string, service: 'sqs' | 'sns', body: string): void {
    this.#check(arn);
    const { clock } = this.#options;
    const message = { messageId: newUuid(clock), body, sentAt: clock.now() };
    const name = arn.split(':').at(-1) ?? arn;
    const at = new Date(message.sentAt).toISOString().replaceAll(':', '.');
    this.#write(`${service}/${name}/${at}-${message.messageId}.json`, body);
    const messages = this.#messages.get(arn) ?? [];
    messages.push(message);
    if (messages.length > most) messages.shift();
    this.#messages.set(arn, messages);
  }

  #check(arn: string): void {
    const reason = this.#broken.get(arn);
    if (reason !== undefined) throw new Error(reason);
  }

  #write(path: string, body: string): void {
    const { folder } = this.#options;
    if (folder === undefined) return;
    const root = resolve(folder);
    const file = resolve(root, path);
    if (!file.startsWith(root + sep)) throw new Error(`${path} would be outside of ${root}.`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, body);
  }
}
