import type { Rule } from '../rule.ts';

/** The traps of Terraform modules. Their examples are HCL. */
export const terraformRules: readonly Rule[] = [
  {
    id: 'KST034',
    name: 'undeclared',
    severity: 'error',
    title: 'The module refers to what it does not declare',
    why: 'It cannot be planned.',
    fix: 'Declare the variable or resource, or read the whole folder: millrace check FOLDER.',
    source: 'https://developer.hashicorp.com/terraform/language/values/variables',
    bad: `resource "aws_kinesis_stream" "orders" {
  name = var.name
}
`,
    good: `variable "name" {
  type = string
}

resource "aws_kinesis_stream" "orders" {
  name = var.name
}
`,
    check: (project, report) => {
      for (const { what, place } of project.undeclared) report.found(undefined, place, what);
    },
  },
  {
    id: 'KST035',
    name: 'versions-not-pinned',
    severity: 'note',
    title: 'The module names no version of Terraform or its provider',
    why: 'The next run may be with another provider, whose defaults differ.',
    fix: 'Add terraform { required_version, required_providers }.',
    source: 'https://developer.hashicorp.com/terraform/language/providers/requirements',
    bad: `resource "aws_kinesis_stream" "orders" {
  name = "orders"
}
`,
    good: `terraform {
  required_version = ">= 1.5"
}

resource "aws_kinesis_stream" "orders" {
  name = "orders"
}
`,
    check: (project, report) => {
      const [first] = project.resources.filter(
        ({ type }) => type.startsWith('AWS::Kinesis') || type === 'AWS::Lambda::EventSourceMapping',
      );
      if (project.dialect === 'terraform' && !project.pinsVersions && first !== undefined) {
        report.found(undefined, { ...first.place, line: 1, column: 1 });
      }
    },
  },
];
