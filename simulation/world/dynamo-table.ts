/** A value in an item: the text, the number or something else. */
interface Attribute {
  readonly S?: string;
  readonly N?: string;
  readonly [type: string]: unknown;
}

export type Item = Readonly<Record<string, Attribute>>;

/** What of a command's input is understood. */
export interface TableInput {
  readonly Key?: Item;
  readonly Item?: Item;
  readonly UpdateExpression?: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeValues?: Item;
}

/**
 * One DynamoDB table with the string key `leaseKey`, as much of it as a lease store uses: conditional puts and updates,
 * consistent reads. Synchronous, so that the simulation decides when a request takes effect.
 */
export class DynamoTable {
  readonly #items = new Map<string, Item>();
  #created = false;

  get(key: string): Item | undefined {
    return this.#items.get(key);
  }

  /** Answers, or throws, what the SDK's `send` would. */
  execute(command: string, input: TableInput): object {
    const key = input.Key?.['leaseKey']?.S ?? input.Item?.['leaseKey']?.S ?? '';
    switch (command) {
      case 'DescribeTableCommand':
        return this.#describe();
      case 'CreateTableCommand':
        if (this.#created) throw named('ResourceInUseException');
        this.#created = true;
        return {};
      case 'ScanCommand':
        return { Items: [...this.#items.values()] };
      case 'GetItemCommand': {
        const item = this.#items.get(key);
        return item === undefined ? {} : { Item: item };
      }
      case 'PutItemCommand':
        this.#check(key, input);
        this.#items.set(key, input.Item ?? {});
        return {};
      case 'UpdateItemCommand': {
        this.#check(key, input);
        const item = updated({ ...(this.#items.get(key) ?? input.Key) }, input);
        this.#items.set(key, item);
        return { Attributes: item };
      }
      case 'DeleteItemCommand':
        this.#items.delete(key);
        return {};
      default:
        throw new Error(`The simulated DynamoDB does not know ${command}.`);
    }
  }

  #describe(): object {
    if (!this.#created) throw named('ResourceNotFoundException');
    return {
      Table: {
        TableStatus: 'ACTIVE',
        KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
      },
    };
  }

  #check(
    key: string,
    { ConditionExpression: condition = '', ExpressionAttributeValues: values = {} }: TableInput,
  ): void {
    const item = this.#items.get(key);
    const holds = condition
      .split(' AND ')
      .filter((term) => term !== '')
      .every((term) => termHolds(term, item ?? {}, values));
    if (!holds) throw Object.assign(named('ConditionalCheckFailedException'), item && { Item: item });
  }
}

function termHolds(term: string, item: Item, values: Item): boolean {
  const [, absent] = /^attribute_not_exists\((\w+)\)$/.exec(term) ?? [];
  if (absent !== undefined) return item[absent] === undefined;
  const [, name, value] = /^(\w+) = (:\w+)$/.exec(term) ?? [];
  if (name === undefined || value === undefined) throw new Error(`What does ${JSON.stringify(term)} mean?`);
  return item[name] !== undefined && JSON.stringify(item[name]) === JSON.stringify(values[value]);
}

/** `SET a = :a, b = :b REMOVE c, d ADD e :e`, in any order and each at most once. */
function updated(
  item: Record<string, Attribute>,
  { UpdateExpression: expression = '', ExpressionAttributeValues: values = {} }: TableInput,
): Item {
  for (const [, clause, list = ''] of expression.matchAll(
    /(SET|REMOVE|ADD) (.*?)(?= (?:SET|REMOVE|ADD) |$)/g,
  )) {
    for (const action of list.split(', ')) {
      const [name = '', value = ''] = action.split(/ = | /);
      const given = values[value];
      if (clause === 'REMOVE') delete item[name];
      else if (given === undefined)
        throw new Error(`${value} has no value in ${JSON.stringify(expression)}.`);
      else if (clause === 'SET') item[name] = given;
      else item[name] = { N: String(Number(item[name]?.N ?? 0) + Number(given.N)) };
    }
  }
  return item;
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}
