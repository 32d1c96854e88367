import { createRequire } from 'node:module';

/** A value as DynamoDB writes it, for example `{ S: 'text' }`. */
export type AttributeValue = Readonly<Record<string, unknown>>;

export type Item = Readonly<Record<string, AttributeValue>>;

type KeySchema = readonly { readonly AttributeName: string }[];

export interface AttributeDefinition {
  readonly AttributeName: string;
  readonly AttributeType: string;
}

export interface IndexRecord {
  readonly IndexName: string;
  readonly KeySchema: KeySchema;
  readonly Projection: { readonly ProjectionType?: string; readonly NonKeyAttributes?: readonly string[] };
  readonly [member: string]: unknown;
}

/** A table as dynalite keeps it. */
export interface TableRecord {
  readonly TableName: string;
  readonly TableArn: string;
  readonly TableStatus: string;
  readonly KeySchema: KeySchema;
  readonly AttributeDefinitions: readonly AttributeDefinition[];
  readonly GlobalSecondaryIndexes?: readonly IndexRecord[];
  readonly BillingModeSummary?: { readonly BillingMode?: string };
  readonly DeletionProtectionEnabled?: boolean;
  /** Ours, for what dynalite does not know. */
  readonly settings?: TableSettings;
}

export interface TableSettings {
  /** The attribute that says when an item may go. */
  readonly timeToLive?: string;
  /** Since when points in time could be restored, seconds since the epoch. */
  readonly recoverySince?: number;
}

/** An input that was found valid, its expressions parsed. */
export interface ValidInput {
  readonly TableName: string;
  readonly Key?: Item;
  readonly Item?: Item;
}

export type Answer = Readonly<Record<string, unknown>>;

export interface DynaliteOptions {
  /** Folder of a LevelDB. Default: in memory. */
  readonly folder?: string;
  readonly region: string;
  readonly accountId: string;
}

/**
 * Dynalite without its HTTP server, which keeps its tables to itself: its checks, its operations and its store. They
 * are no public API of it, so its version is pinned.
 */
export class Dynalite {
  readonly #database: Database;
  readonly #checks: Checks;
  readonly #store: Store;

  constructor({ folder, region, accountId }: DynaliteOptions) {
    this.#database = require('dynalite/db');
    this.#checks = require('dynalite/validations');
    this.#store = this.#database.create({
      createTableMs: 0,
      deleteTableMs: 0,
      updateTableMs: 0,
      ...(folder === undefined ? {} : { path: folder }),
    });
    this.#store.tableDb.awsRegion = region;
    this.#store.tableDb.awsAccountId = accountId;
  }

  /** Whether dynalite has that operation. */
  has(operation: string): boolean {
    return operations.has(operation);
  }

  /** Throws what DynamoDB would say of the input. */
  check(operation: string, input: object): ValidInput {
    const file = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}`;
    const { types, custom }: Check = require(`dynalite/validations/${file}`);
    // A copy, since it strips what it does not know.
    const data = this.#checks.checkTypes(structuredClone(input), types);
    this.#checks.checkValidations(data, types, custom, this.#store);
    return data;
  }

  run(operation: string, input: object): Promise<Answer> {
    const file = `${operation.charAt(0).toLowerCase()}${operation.slice(1)}`;
    const data = this.check(operation, input);
    const act: Action = require(`dynalite/actions/${file}`);
    return called((done) => act(this.#store, data, done));
  }

  /** Throws `ResourceNotFoundException`. */
  table(name: string): Promise<TableRecord> {
    return called((done) => this.#store.getTable(name, false, done));
  }

  saveTable(table: TableRecord): Promise<void> {
    return called((done) => this.#store.tableDb.put(table.TableName, table, done));
  }

  async item(table: TableRecord, key: Item): Promise<Item | undefined> {
    const { Item: item } = await this.run('GetItem', {
      TableName: table.TableName,
      Key: key,
      ConsistentRead: true,
    });
    return isItem(item) ? item : undefined;
  }

  /** The key of a write, checked against the table's. */
  keyOf(table: TableRecord, { Key: key, Item: item = {} }: ValidInput): Item {
    const invalid =
      key === undefined ? this.#database.validateItem(item, table) : this.#database.validateKey(key, table);
    if (invalid !== undefined && invalid !== null) throw invalid;
    const from = key ?? item;
    return Object.fromEntries(
      table.KeySchema.map(({ AttributeName: name }) => [name, from[name] ?? {}] as const),
    );
  }

  /** Whether the condition of a write, if it has one, is true of the item that is there. */
  holds(input: ValidInput, existing: Item | undefined): boolean {
    const failure = this.#database.checkConditional(input, existing);
    return failure === undefined || failure === null;
  }

  /** Puts an item that is in the table into one of its indexes. */
  async addToIndex(table: TableRecord, index: IndexRecord, item: Item): Promise<void> {
    const [put] = this.#database.getIndexActions([index], undefined, item, table).puts;
    if (put === undefined) return;
    const entries = this.#store.getIndexDb('Global', table.TableName, index.IndexName);
    await called<void>((done) => entries.put(put.key, put.item, done));
  }

  dropIndex(table: string, index: string): Promise<void> {
    return called((done) => this.#store.deleteIndexDb('Global', table, index, done));
  }

  close(): Promise<void> {
    return called((done) => this.#store.db.close(done));
  }
}

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null;
}

const require = createRequire(import.meta.url);

type Callback<T> = (error: unknown, value: T) => void;

interface Entries<T> {
  put(key: string, value: T, callback: Callback<void>): void;
}

interface Store {
  readonly db: { close(callback: Callback<void>): void };
  readonly tableDb: Entries<TableRecord> & { awsAccountId: string; awsRegion: string };
  getTable(name: string, usable: boolean, callback: Callback<TableRecord>): void;
  getIndexDb(kind: 'Global', table: string, index: string): Entries<Item>;
  deleteIndexDb(kind: 'Global', table: string, index: string, callback: Callback<void>): void;
}

interface Database {
  create(options: {
    readonly path?: string;
    readonly createTableMs: number;
    readonly deleteTableMs: number;
    readonly updateTableMs: number;
  }): Store;
  /** These answer an error, or nothing. */
  validateKey(key: Item, table: TableRecord): Error | null | undefined;
  validateItem(item: Item, table: TableRecord): Error | null | undefined;
  checkConditional(input: ValidInput, existing: Item | undefined): Error | null | undefined;
  getIndexActions(
    indexes: readonly IndexRecord[],
    before: Item | undefined,
    after: Item,
    table: TableRecord,
  ): { readonly puts: readonly { readonly key: string; readonly item: Item }[] };
}

interface Checks {
  checkTypes(data: object, types: object): ValidInput;
  checkValidations(data: object, types: object, custom: unknown, store: Store): void;
}

interface Check {
  readonly types: object;
  readonly custom?: unknown;
}

type Action = (store: Store, data: ValidInput, done: Callback<Answer>) => void;

const operations: ReadonlySet<string> = new Set([
  'BatchGetItem',
  'BatchWriteItem',
  'CreateTable',
  'DeleteItem',
  'DeleteTable',
  'DescribeTable',
  'GetItem',
  'ListTables',
  'ListTagsOfResource',
  'PutItem',
  'Query',
  'Scan',
  'TagResource',
  'UntagResource',
  'UpdateItem',
  'UpdateTable',
]);

function called<T>(call: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error === undefined || error === null) resolve(value);
      else reject(error instanceof Error ? error : new Error('dynalite failed without saying why'));
    });
  });
}
