import type { Parameter, Resource, Template } from '../template/template.ts';
import { conditionsOf, toIntrinsics, type Json } from './intrinsics.ts';

/**
 * A template as CloudFormation takes it, in JSON.
 *
 * @example
 * ```ts
 * await writeFile('stack.json', JSON.stringify(cloudFormationTemplate(createStack(options)), undefined, 2));
 * ```
 */
export function cloudFormationTemplate(template: Template): Readonly<Record<string, Json>> {
  const { parameters, resources, outputs } = template;
  const conditions = conditionsOf(resources.map(({ properties }) => properties));
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: template.description,
    ...(parameters.length > 0 && {
      Parameters: Object.fromEntries(parameters.map((one) => [one.name, parameterOf(one)])),
    }),
    ...(Object.keys(conditions).length > 0 && { Conditions: conditions }),
    Resources: Object.fromEntries(resources.map((one) => [one.id, resourceOf(one, template)])),
    Outputs: Object.fromEntries(
      outputs.map(({ name, description, value }) => [
        name,
        {
          Description: description,
          Value: toIntrinsics(value, template),
          Export: { Name: { 'Fn::Sub': `\${AWS::StackName}-${name}` } },
        },
      ]),
    ),
  };
}

function parameterOf(parameter: Parameter): Json {
  return {
    Type: parameter.type,
    Description: parameter.description,
    ...(parameter.default !== undefined && { Default: parameter.default }),
    ...(parameter.allowed !== undefined && { AllowedValues: parameter.allowed }),
    ...(parameter.pattern !== undefined && { AllowedPattern: parameter.pattern }),
    ...(parameter.min !== undefined && { MinValue: parameter.min }),
    ...(parameter.max !== undefined && { MaxValue: parameter.max }),
  };
}

function resourceOf({ type, retain, dependsOn, properties }: Resource, template: Template): Json {
  return {
    Type: type,
    ...(retain === true && { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }),
    ...(dependsOn !== undefined && { DependsOn: dependsOn }),
    Properties: toIntrinsics(properties, template),
  };
}
