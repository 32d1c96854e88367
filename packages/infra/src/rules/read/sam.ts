import { at, type MembersNode, type Node } from '../node.ts';
import type { TemplateResource } from '../project.ts';

/**
 * The event source mappings that SAM makes of a function's `Events` of type Kinesis; their properties pass through.
 * Lambda's own managed policy comes with them, and the function as CloudFormation will see it.
 *
 * @see {@link https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-function-kinesis.html}
 */
export function samMappings(
  resource: TemplateResource,
  globals: Node | undefined,
): readonly TemplateResource[] {
  if (resource.type !== 'AWS::Serverless::Function') return [];
  const events = at(resource.properties, 'Events');
  const kinesis = [...(events?.kind === 'members' ? events.members : [])].filter(([, event]) => {
    const type = at(event, 'Type');
    return type?.kind === 'scalar' && type.value === 'Kinesis';
  });
  if (kinesis.length === 0) return [];
  return [
    { ...resource, type: 'AWS::Lambda::Function', properties: withGlobals(resource.properties, globals) },
    ...kinesis.map(([name, event]): TemplateResource => {
      const properties = at(event, 'Properties');
      const members = new Map(properties?.kind === 'members' ? properties.members : []);
      const stream = members.get('Stream');
      if (stream !== undefined) members.set('EventSourceArn', stream);
      members.set('FunctionName', {
        kind: 'reference',
        to: resource.id,
        attribute: 'Ref',
        place: event.place,
      });
      return {
        ...resource,
        id: `${resource.id}.${name}`,
        type: 'AWS::Lambda::EventSourceMapping',
        place: event.place,
        properties: { kind: 'members', members, place: event.place },
      };
    }),
  ];
}

/** What a function does not say itself, `Globals` may. */
function withGlobals(own: MembersNode, globals: Node | undefined): MembersNode {
  if (globals?.kind !== 'members') return own;
  return { ...own, members: new Map([...globals.members, ...own.members]) };
}
