import { textOf, type MembersNode, type Node, type Place } from '../node.ts';
import type { Project, TemplateParameter, TemplateResource } from '../project.ts';
import type { Hcl, HclFile } from './hcl.ts';
import { bodyOf, list, TerraformScope } from './terraform-scope.ts';
import { moduleMappings } from './terraform-modules.ts';
import { terraformWords, type Words } from './terraform-words.ts';

/** Reads the files of one module. `values` are those of its variables, from `terraform.tfvars`. */
export async function readModule(
  files: readonly HclFile[],
  values: Readonly<Record<string, Hcl>> = {},
): Promise<Project> {
  const scope = new TerraformScope(files, values);
  const resources: TemplateResource[] = [];
  const undeclared: { what: string; place: Place }[] = [];
  for (const file of files) {
    for (const { address, type, body } of resourcesOf(file)) {
      const path = `resource.${address}.0`;
      resources.push(await readResource(address, type, body, new Reader(file, scope), path));
    }
    resources.push(...(await moduleMappings(file, scope)));
    undeclared.push(...undeclaredIn(file, scope));
  }
  return {
    dialect: 'terraform',
    resources,
    parameters: files.flatMap(parametersOf),
    parameterUses: new Map(files.flatMap(parameterUsesOf)),
    // Whoever uses a module sees all of its outputs.
    outputs: [],
    undeclared,
    pinsVersions: files.some(({ content }) =>
      list(content['terraform']).some(
        (block) => 'required_providers' in bodyOf(block) || 'required_version' in bodyOf(block),
      ),
    ),
  };
}

interface Declared {
  /** `aws_kinesis_stream.main`. */
  readonly address: string;
  readonly type: string;
  readonly body: { readonly [name: string]: Hcl };
}

function resourcesOf({ content }: HclFile): readonly Declared[] {
  return Object.entries(bodyOf(content['resource'])).flatMap(([type, byName]) =>
    Object.entries(bodyOf(byName)).map(([name, blocks]) => ({
      address: `${type}.${name}`,
      type,
      body: bodyOf(list(blocks)[0]),
    })),
  );
}

async function readResource(
  address: string,
  type: string,
  body: Declared['body'],
  reader: Reader,
  path: string,
): Promise<TemplateResource> {
  const known = terraformWords[type];
  const translated = await reader.translate(body, known?.words ?? {}, path);
  const properties = known?.type === 'AWS::Kinesis::Stream' ? streamOf(translated) : translated;
  const [lifecycle] = list(body['lifecycle']);
  return {
    id: address,
    type: known?.type ?? `Terraform::${type}`,
    dialect: 'terraform',
    properties: withDimensionList(properties),
    retained: bodyOf(lifecycle)['prevent_destroy'] === true,
    place: reader.placeOf(path),
    ignores: new Map(),
  };
}

class Reader {
  readonly #file: HclFile;
  readonly #scope: TerraformScope;

  constructor(file: HclFile, scope: TerraformScope) {
    this.#file = file;
    this.#scope = scope;
  }

  /** The nearest place that is known. */
  placeOf(path: string): Place {
    for (let here = path; here !== ''; here = here.slice(0, Math.max(0, here.lastIndexOf('.')))) {
      const place = this.#file.places.get(here);
      if (place !== undefined) return place;
    }
    return { file: this.#file.file, line: 1, column: 1 };
  }

  async translate(body: { readonly [name: string]: Hcl }, words: Words, path: string): Promise<MembersNode> {
    const members = new Map<string, Node>();
    const dynamic = bodyOf(body['dynamic']);
    for (const [argument, word] of Object.entries(words)) {
      const place = this.placeOf(`${path}.${argument}`);
      const property = typeof word === 'string' ? word : word[0];
      const node =
        argument in dynamic
          ? unknown(`the blocks ${argument} are made when it is applied`, place)
          : await this.#argument(body[argument], word, `${path}.${argument}`, place);
      if (node !== undefined) members.set(property, node);
    }
    return { kind: 'members', members, place: this.placeOf(path) };
  }

  async #argument(
    value: Hcl | undefined,
    word: Words[string],
    path: string,
    place: Place,
  ): Promise<Node | undefined> {
    if (value === undefined) return undefined;
    if (typeof word === 'string') {
      const node = await this.#scope.resolve(value, place);
      return node === undefined ? undefined : parseDocument(node, word);
    }
    const [, words, many] = word;
    const blocks = await Promise.all(
      list(value).map((block, index) => this.translate(bodyOf(block), words, `${path}.${index}`)),
    );
    if (many === undefined) return blocks[0];
    return { kind: 'list', items: blocks, place };
  }
}

/** A policy may be a document in a text. */
function parseDocument(node: Node, word: string): Node {
  const text = word === 'PolicyDocument' ? textOf(node) : undefined;
  if (text === undefined) return node;
  try {
    return nodeOf(JSON.parse(text), node.place);
  } catch {
    return unknown('the policy is no JSON', node.place);
  }
}

function nodeOf(value: unknown, place: Place): Node {
  if (Array.isArray(value)) return { kind: 'list', items: value.map((item) => nodeOf(item, place)), place };
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(([name, member]): [string, Node] => [
      name,
      nodeOf(member, place),
    ]);
    return { kind: 'members', members: new Map(entries), place };
  }
  const isPrimitive = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return { kind: 'scalar', value: isPrimitive ? value : null, place };
}

/** Encryption is an object in CloudFormation, and `NONE` is none. */
function streamOf(node: MembersNode): MembersNode {
  const members = new Map(node.members);
  const type = members.get('EncryptionType');
  members.delete('EncryptionType');
  if (type !== undefined && textOf(type) !== 'NONE') {
    const key = node.members.get('KeyId');
    const encryption = new Map<string, Node>([['EncryptionType', type]]);
    if (key !== undefined) encryption.set('KeyId', key);
    members.set('StreamEncryption', { kind: 'members', members: encryption, place: type.place });
  }
  members.delete('KeyId');
  return { ...node, members };
}

/** Dimensions are a map in Terraform, and a list in CloudFormation. */
function withDimensionList(node: MembersNode): MembersNode {
  const members = new Map<string, Node>();
  for (const [name, member] of node.members)
    members.set(name, name === 'Dimensions' ? dimensionList(member) : inner(member));
  return { ...node, members };
}

function inner(node: Node): Node {
  if (node.kind === 'members') return withDimensionList(node);
  return node.kind === 'list' ? { ...node, items: node.items.map(inner) } : node;
}

function dimensionList(node: Node): Node {
  if (node.kind !== 'members') return node;
  const items = [...node.members].map(([name, value]): Node => ({
    kind: 'members',
    members: new Map([
      ['Name', { kind: 'scalar', value: name, place: node.place }],
      ['Value', value],
    ]),
    place: node.place,
  }));
  return { kind: 'list', items, place: node.place };
}

function parametersOf({ file, content, places }: HclFile): readonly TemplateParameter[] {
  return Object.entries(bodyOf(content['variable'])).map(([name, blocks]) => {
    const body = bodyOf(list(blocks)[0]);
    return {
      name,
      place: places.get(`variable.${name}.0`) ?? { file, line: 1, column: 1 },
      isNumber: body['type'] === '${number}' || typeof body['default'] === 'number',
      isBounded: 'validation' in body,
    };
  });
}

function parameterUsesOf(file: HclFile): readonly (readonly [string, string])[] {
  return resourcesOf(file).flatMap(({ address, type, body }) =>
    Object.entries(body).flatMap(([argument, value]) => {
      const name = typeof value === 'string' ? /^\$\{var\.([\w-]+)\}$/.exec(value)?.[1] : undefined;
      const word = terraformWords[type]?.words[argument];
      return name === undefined || typeof word !== 'string' ? [] : [[`${address}.${word}`, name] as const];
    }),
  );
}

function undeclaredIn(
  file: HclFile,
  scope: TerraformScope,
): readonly { readonly what: string; readonly place: Place }[] {
  const seen = new Set<string>();
  return resourcesOf(file).flatMap(({ address, body }) =>
    Object.entries(body).flatMap(([argument, value]) =>
      scope.undeclared(value).flatMap((what) => {
        if (seen.has(what)) return [];
        seen.add(what);
        const place =
          file.places.get(`resource.${address}.0.${argument}`) ?? file.places.get(`resource.${address}.0`);
        return [{ what, place: place ?? { file: file.file, line: 1, column: 1 } }];
      }),
    ),
  );
}

function unknown(why: string, place: Place): Node {
  return { kind: 'unknown', why, mentions: [], place };
}
