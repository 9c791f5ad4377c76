import type { Command } from 'commander';
import { jsonOption } from '../arguments';
import { auditLines, auditOf } from '../audit-report';
import { EXIT, Exit } from '../errors';
import { print, printJson } from '../output';
import { reachLedger } from '../preflight';
import { withMakegood } from '../session';

export function audit(program: Command): void {
  program
    .command('audit')
    .summary('check that every credit adds up')
    .description(
      'Checks the accounts against their entries, these against the reservations and generations, and those against their\n' +
        'workflows, where Temporal is reachable. Changes nothing. Exits with 1 if there is any discrepancy.',
    )
    .addOption(
      jsonOption(
        '{"checked":[{"name","rows"}],"discrepancies":[{"check","account"?,"generation"?,"seq"?,"message"}],"unknown":[…]}',
      ),
    )
    .addHelpText('after', '\nExample:\n  $ makegood audit')
    .action(async ({ json }: { json?: true }) => {
      const report = await withMakegood(async (makegood) => {
        await reachLedger(makegood.context);
        return auditOf(makegood);
      });
      if (json) printJson(report);
      else for (const line of auditLines(report)) print(line);
      if (report.discrepancies.length > 0) throw new Exit(EXIT.failed);
    });
}
