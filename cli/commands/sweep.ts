import type { Command } from 'commander';
import { refundOrphans } from '../../activities/orphans';
import { sweepAll } from '../../activities/sweep';
import type { SweepReport } from '../../activities/sweep-page';
import { MakegoodError } from '../../errors';
import type { Database } from '../../ledger/database';
import { type ForeignHold, foreignHolds } from '../../ledger/open-reservations';
import { namespaceId } from '../../temporal/namespace';
import { upkeepPolicy } from '../../worker/options';
import { jsonOption } from '../arguments';
import { confirm } from '../confirm';
import { environment } from '../environment';
import { EXIT, Exit } from '../errors';
import { credits, note, print, printJson } from '../output';
import { reachLedger, reachTemporal } from '../preflight';
import { withMakegood } from '../session';

interface Options {
  /** `true` for every other namespace, or the UUID of one. */
  readonly adoptOrphans?: true | string;
  readonly yes?: boolean;
  readonly json?: boolean;
}

export function sweep(program: Command): void {
  program
    .command('sweep')
    .summary('refund what closed or lost workflows left held')
    .description(
      'Looks at every open reservation once, and refunds what closed or lost workflows left held. Workers do so by themselves; run this if you do not want to wait.',
    )
    .option('--adopt-orphans [namespace-id]', 'refund what is held for a Temporal namespace that is lost for good')
    .option('--yes', 'do not ask for confirmation')
    .addOption(
      jsonOption(
        '{"looked","running","overdue","refunded","credits","failed"}, or {"refunded","credits"} of the orphans',
      ),
    )
    .addHelpText('after', '\nExamples:\n  $ makegood sweep\n  $ makegood sweep --adopt-orphans')
    .action((options: Options) =>
      withMakegood(async ({ context }) => {
        await reachLedger(context);
        await reachTemporal(context);
        const { db, temporal } = context;
        const namespace = await namespaceId(temporal);
        if (options.adoptOrphans) return adopt(options, db, await foreignHolds(db, namespace));
        const report = await sweepAll({ db, temporal, namespace, ...upkeepPolicy(environment()) });
        if (options.json) printJson(report);
        else print(lineOf(report));
        if (report.failed > 0) throw new Exit(EXIT.failed);
      }),
    );
}

function lineOf({ looked, running, overdue, refunded, credits: sum, failed }: SweepReport): string {
  return [
    `Looked at ${looked} open reservations: refunded ${refunded} (${credits(sum)})`,
    `${running} still at work${overdue > 0 ? `, ${overdue} of them for too long` : ''}`,
    ...(failed > 0 ? [`${failed} undecided`] : []),
  ].join('; ');
}

async function adopt(
  { adoptOrphans, yes, json }: Options,
  db: Database,
  foreign: readonly ForeignHold[],
): Promise<void> {
  const lost = foreign.filter(({ namespace }) => adoptOrphans === true || namespace === adoptOrphans);
  if (typeof adoptOrphans === 'string' && lost.length === 0) await expectKnown(db, adoptOrphans);
  const count = lost.reduce((sum, { reservations }) => sum + reservations, 0);
  const held = lost.reduce((sum, hold) => sum + hold.credits, 0);
  if (count > 0 && !yes) {
    note('Held for other Temporal namespaces, by id:');
    for (const { namespace, reservations, credits: sum, newest } of lost) {
      note(`  ${namespace}  ${reservations} reservations, ${credits(sum)}, the newest from ${newest.toISOString()}`);
    }
    note('If one of these is still in use, its generations will deliver nothing and charge nothing.');
    const question = `To refund ${credits(held)} held by ${count} reservations, type ${count}: `;
    await confirm(String(count), question, 'Nothing was refunded.');
  }
  const sum = { refunded: 0, credits: 0 };
  for (const { namespace } of lost) {
    const done = await refundOrphans(db, namespace);
    sum.refunded += done.refunded;
    sum.credits += done.credits;
  }
  if (json) printJson(sum);
  else print(`Refunded ${sum.refunded} reservations (${credits(sum.credits)})`);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A second call finds nothing, and that is well; a mistyped id has never held anything. Throws INVALID_INPUT. */
async function expectKnown(db: Database, namespace: string): Promise<void> {
  const known = UUID.test(namespace) && (await db.reservation.findFirst({ where: { namespace } }));
  if (known) return;
  throw new MakegoodError('INVALID_INPUT', `Nothing was ever held for a namespace with the id ${namespace}.`);
}
