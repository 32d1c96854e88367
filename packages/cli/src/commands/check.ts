import type { CannotTell, CheckResult, Finding } from '@millrace/infra/rules';
import { MillraceError } from '@millrace/kinesis/errors';

import type { CommandContext } from '../command-context.ts';
import { exitCode, type ExitCode } from '../errors/exit-code.ts';
import { findTemplates } from '../infra/find-templates.ts';
import { createPaint, type Colour } from '../io/paint.ts';
import { visible } from '../io/visible.ts';
import { readVersion } from '../version.ts';

const order = ['error', 'warning', 'note'] as const;
const colours: Readonly<Record<Finding['severity'], Colour>> = {
  error: 'red',
  warning: 'yellow',
  note: 'blue',
};

/** `millrace check`. */
export async function check(context: CommandContext): Promise<ExitCode> {
  const { args, options, notes } = context;
  const files = await findTemplates(args);
  const { checkFiles } = await import('@millrace/infra/rules');
  const all = await checkFiles(files);
  if (all.checked.length === 0 && all.findings.length === 0) {
    throw new MillraceError('OPTION_INVALID', `There is no template in ${args.join(', ')}.`, {
      advice: 'Name a template, a .tf file, or a folder that has some.',
      path: 'path',
    });
  }
  const least = options.textOrNone('severity');
  const isShown = reaches(least ?? 'note');
  const result: CheckResult = {
    ...all,
    findings: all.findings.filter(isShown),
    suppressed: all.suppressed.filter(isShown),
  };
  await write(context, result);
  notes.info(summary(result));
  return result.findings.some(reaches(least ?? 'warning')) ? exitCode.checkFailed : exitCode.ok;
}

function reaches(least: string | undefined): (finding: Finding) => boolean {
  const last = order.findIndex((one) => one === least);
  return ({ severity }) => order.indexOf(severity) <= last;
}

async function write(context: CommandContext, result: CheckResult): Promise<void> {
  const { out, io, options } = context;
  const json = (document: unknown): string => JSON.stringify(document, undefined, io.isTTY.stdout ? 2 : 0);
  const format = formatOf(context);
  if (format === 'sarif') {
    const { toSarif } = await import('@millrace/infra/rules');
    await out.line(json(toSarif(result, readVersion())));
  } else if (format === 'json') {
    await out.line(json(result));
  } else if (format === 'ndjson') {
    for (const finding of result.findings) await out.line(JSON.stringify(finding));
  } else {
    for (const finding of result.findings) await out.write(describe(finding, context.colour));
    if (options.flag('verbose')) for (const one of result.cannotTell) await out.write(tell(one));
  }
}

function formatOf({ options, io }: CommandContext): string {
  if (options.flag('sarif')) return 'sarif';
  if (options.flag('json')) return 'json';
  return options.textOrNone('output') ?? (io.isTTY.stdout ? 'text' : 'ndjson');
}

function describe(finding: Finding, colour: boolean): string {
  const paint = createPaint(colour);
  const { file, line, column, severity, ruleId, rule, resource, title, detail, why, fix } = finding;
  const where = resource === undefined ? '' : `  ${resource}`;
  return [
    `${paint('bold', visible(`${file}:${line}:${column}`))}  ${paint(colours[severity], severity)}  ${ruleId} ${rule}${visible(where)}`,
    `  ${visible(detail === undefined ? title : `${title} (${detail})`)}.`,
    `  ${paint('dim', 'lost:')} ${why}`,
    `  ${paint('dim', 'fix: ')} ${fix}`,
    '',
    '',
  ].join('\n');
}

function tell({ file, line, column, ruleId, rule, why }: CannotTell): string {
  return `${visible(`${file}:${line}:${column}`)}  cannot tell  ${ruleId} ${rule}: ${visible(why)}\n`;
}

function summary({ findings, cannotTell, suppressed, checked }: CheckResult): string {
  const of = order.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [plural(count, severity)];
  });
  return [
    `${of.length === 0 ? 'nothing found' : of.join(', ')} in ${plural(checked.length, 'file')}`,
    ...(suppressed.length === 0 ? [] : [`${suppressed.length} suppressed`]),
    ...(cannotTell.length === 0 ? [] : [`${cannotTell.length} cannot be told (--verbose)`]),
  ].join('; ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
