import { at, possibilities, textOf, type Node } from '../node.ts';
import { ofType, targetOf, type Project, type TemplateResource } from '../project.ts';

/** The event source mappings that read Kinesis, or a stream of which no more is known. */
export function streamMappings(project: Project): readonly TemplateResource[] {
  return ofType(project, 'AWS::Lambda::EventSourceMapping').filter((mapping) =>
    readsStream(project, mapping),
  );
}

/** The stream a mapping reads, when it is in the template. */
export function streamOf(project: Project, mapping: TemplateResource): TemplateResource | undefined {
  const source = targetOf(project, at(mapping.properties, 'EventSourceArn'));
  if (source?.type !== 'AWS::Kinesis::StreamConsumer') return source;
  return targetOf(project, at(source.properties, 'StreamARN'));
}

/** Whether it reads by a registered consumer; undefined when that is not known. */
export function readsByFanOut(project: Project, mapping: TemplateResource): boolean | undefined {
  const source = at(mapping.properties, 'EventSourceArn');
  if (at(mapping.properties, 'consumer') !== undefined) return true;
  const target = targetOf(project, source);
  if (target !== undefined) return target.type === 'AWS::Kinesis::StreamConsumer';
  const text = textOf(source);
  return text === undefined ? undefined : text.includes('/consumer/');
}

/** The function a mapping calls, when it is in the template. */
export function functionOf(project: Project, mapping: TemplateResource): TemplateResource | undefined {
  const node = at(mapping.properties, 'FunctionName');
  const [known] = possibilities(node);
  if (known?.kind !== 'reference') return undefined;
  const found = project.resources.filter(({ id }) => id === known.to);
  return found.find(({ type }) => type === 'AWS::Lambda::Function') ?? found[0];
}

/** Where the mapping sends what it gives up on. */
export function destinationOf(mapping: TemplateResource): Node | undefined {
  return at(mapping.properties, 'DestinationConfig', 'OnFailure', 'Destination');
}

/** Whether a value is left out, or empty as a parameter's default often is. */
export function isMissing(value: Node | undefined): boolean {
  return value === undefined || textOf(value) === '';
}

/** Whether it has none in any way it may turn out. */
export function isDestinationMissing(mapping: TemplateResource): boolean {
  return possibilities(destinationOf(mapping)).every(isMissing);
}

/** The functions that mappings of the template call. */
export function readers(project: Project): readonly TemplateResource[] {
  const all = streamMappings(project).flatMap((mapping) => functionOf(project, mapping) ?? []);
  return [...new Set(all)].filter(({ type }) => type === 'AWS::Lambda::Function');
}

function readsStream(project: Project, mapping: TemplateResource): boolean {
  if (mapping.dialect === 'serverless' || (mapping.id.includes('.') && mapping.dialect === 'sam'))
    return true;
  const source = at(mapping.properties, 'EventSourceArn');
  return possibilities(source).some((one) => isStream(project, mapping, one));
}

function isStream(project: Project, mapping: TemplateResource, source: Node | undefined): boolean {
  if (source === undefined) return false;
  const target = targetOf(project, source);
  if (target !== undefined) return target.type.startsWith('AWS::Kinesis::Stream');
  const text = textOf(source);
  if (text !== undefined) return text.includes(':kinesis:');
  // Streams of DynamoDB and topics of Kafka begin somewhere, too; a name is all there is to tell them by.
  const name = source.kind === 'unknown' ? source.why : source.kind === 'reference' ? source.to : '';
  return (
    at(mapping.properties, 'StartingPosition') !== undefined && !/dynamo|ddb|table|kafka|msk/i.test(name)
  );
}
