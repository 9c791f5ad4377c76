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
      'Checks the accounts against their entries, these against the reservations and generations, and those against their\n' +
        'workflows, where Temporal is reachable; and the triggers, indexes, functions and rights that guard them. Moves\n' +
        'nothing. Exits with 1 if there is any discrepancy that nobody has acknowledged.',
    )
    .option('--anchor <file>', 'compare with what the file says of an audit before, go on from it, and write it anew')
    .option('--full', 'with --anchor: look at everything, not only at what is new')
    .option('--acknowledge <name>', 'from now on list the discrepancy of this name apart (takes an operator’s login)')
    .option('--by <who>', 'with --acknowledge: who has looked into it')
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
