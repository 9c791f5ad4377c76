import type { Command } from 'commander';
import { MakegoodError } from '../../errors';
import { acknowledge } from '../../ledger/audit';
import { jsonOption } from '../arguments';
import { type AuditChoices, auditLines, auditOf } from '../audit-report';
import { EXIT, Exit } from '../errors';
import { print, printJson } from '../output';
import { reachLedger } from '../preflight';
import { withMakegood } from '../session';

interface Options extends AuditChoices {
  readonly acknowledge?: string;
  readonly by?: string;
  readonly reason?: string;
  readonly json?: true;
}

export function audit(program: Command): void {
  program
    .command('audit')
    .summary('check that every credit adds up')
    .description(
      'Checks accounts against their entries, entries against reservations and generations, and these against their\n' +
        'workflows, where Temporal is reachable; also the triggers, indexes, functions and rights that guard them. Moves\n' +
        'nothing. Exits with 1 if there is a discrepancy that nobody has acknowledged.',
    )
    .option('--anchor <file>', 'continue from the audit that this file records: compare with it, then write it again')
    .option('--full', 'with --anchor: check everything, not only what is new')
    .option(
      '--acknowledge <name>',
      'list the discrepancy with this name separately from now on (needs an operator login)',
    )
    .option('--by <who>', 'with --acknowledge: who looked into it')
    .option('--reason <text>', 'with --acknowledge: what it was')
    .addOption(
      jsonOption(
        '{"checked":[{"name","rows"}],"discrepancies":[{"name","check","account"?,"generation"?,"seq"?,"message"}],"acknowledged":[{…,"by","reason"}],"unknown":[…]}',
      ),
    )
    .addHelpText(
      'after',
      '\nExamples:\n  $ makegood audit\n  $ makegood audit --anchor /mnt/elsewhere/makegood.heads\n  $ makegood audit --acknowledge 5f0c1b2a9d3e --by ada --reason "Test data, removed by hand"',
    )
    .action(async (options: Options) => {
      const report = await withMakegood(async (makegood) => {
        await reachLedger(makegood.context);
        if (options.acknowledge !== undefined)
          await acknowledge(makegood.context.operator, ...acknowledgement(options));
        return auditOf(makegood, options);
      });
      if (options.json) printJson(report);
      else for (const line of auditLines(report)) print(line);
      if (report.discrepancies.length > 0) throw new Exit(EXIT.failed);
    });
}

/** Throws INVALID_INPUT. */
function acknowledgement({ acknowledge: name = '', by = '', reason = '' }: Options) {
  if (!/^[0-9a-f]{12}$/.test(name)) {
    throw new MakegoodError(
      'INVALID_INPUT',
      '--acknowledge takes the name of a discrepancy: twelve digits, as the audit prints them.',
    );
  }
  if (by.length < 1 || by.length > 200 || reason.length < 1 || reason.length > 500) {
    throw new MakegoodError(
      'INVALID_INPUT',
      '--acknowledge takes --by (at most 200 characters) and --reason (at most 500).',
    );
  }
  return [name, { by, reason }] as const;
}
