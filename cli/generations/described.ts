import type { GenerationDescription } from '../../client/describe';
import { type Attributed, UNATTRIBUTED } from '../../ledger/attribution';
import type { Attempt, ReservationRecord } from '../../ledger/generations';
import { credits, paint, plainLine } from '../output';
import { draftText } from './draft';
import { endLine } from './row';

/**
 * A generation as `show --json` prints it. `held` is one under way; `pending` one that waits for a worker, or for the
 * database, and holds nothing yet.
 */
export function described({ account, id, record, end, workflow, ...sums }: GenerationDescription) {
  const { reason, message } = end && end.status !== 'succeeded' ? end : { reason: null, message: null };
  const status = end?.status ?? (record?.status === 'RESERVED' ? 'held' : 'pending');
  const { kind = null, label = null, output = null, createdAt = null, erasedAt = null } = record ?? {};
  const { user, campaign, metadata } = record ?? UNATTRIBUTED;
  const { charged, refunded, attempts } = sums;
  return {
    ...{ account, id, status, kind, label, createdAt, erasedAt, charged, refunded, attempts, reason, message, output },
    ...{ user, campaign, metadata },
    failedAttempts: record?.attempts ?? [],
    reservations: record?.reservations ?? [],
    workflow,
  };
}

/** The same for people. */
export function describedLines({ account, id, record, end, workflow }: GenerationDescription): string[] {
  const where = `workflow ${workflow.status} · ${workflow.workflowId}${workflow.runId ? ` · run ${workflow.runId}` : ''}`;
  const links = [where, ...(workflow.url ? [workflow.url] : [])].map((line) => paint('dim', line));
  if (!record) {
    return [end ? endLine(end) : `${account} ${id}: nothing is held for it yet. It is waiting for a worker.`, ...links];
  }
  const held = record.reservations.at(-1)?.amount ?? 0;
  return [
    `${paint('bold', plainLine(record.label ?? 'erased'))} · ${account} ${id}`,
    ...attribution(record),
    end ? endLine(end) : `${paint(['bold', 'cyan'], 'under way')} · ${credits(held)} held`,
    ...record.reservations.flatMap((reservation) => [
      money(reservation),
      ...record.attempts
        .filter(({ ordinal }) => ordinal === reservation.ordinal)
        .map((one) =>
          attempt(
            one,
            record.attempts.some(({ step }) => step !== record.kind),
          ),
        ),
    ]),
    ...links,
    ...(end?.status === 'succeeded' ? ['', draftText(end.output)] : []),
  ];
}

/** For whom and for what it was asked, if anybody said. */
function attribution({ user, campaign, metadata }: Attributed): string[] {
  const said = Object.entries({ ...(user ? { user } : {}), ...(campaign ? { campaign } : {}), ...metadata });
  return said.length === 0
    ? []
    : [paint('dim', said.map(([name, value]) => plainLine(`${name}: ${value}`)).join(' · '))];
}

function money({ ordinal, amount, cost, state, reason, message, reservedAt }: ReservationRecord): string {
  const at = reservedAt.toISOString().slice(0, 19).replace('T', ' ');
  const held = `${ordinal}. ${at}  ${credits(amount)} reserved`;
  if (state === 'RESERVED') return held;
  const less = cost === null || cost === amount ? '' : ` for ${cost}`;
  if (state === 'SETTLED') return `${held}, ${paint('green', 'settled')}${less}`;
  return `${held}, ${paint('yellow', 'refunded')} · ${plainLine(message ?? '')} [${reason}]`;
}

/** Where the work has several steps, each is tried by itself, and says which it is. */
function attempt({ step, number, at, reason, message, providerStatus }: Attempt, stepped: boolean): string {
  const status = providerStatus === null ? '' : ` (HTTP ${providerStatus})`;
  const when = at.toISOString().slice(11, 19);
  return `  ${paint('red', `${stepped ? `${step}: ` : ''}attempt ${number} failed`)} at ${when}: ${reason}${status} ${paint('dim', plainLine(message))}`;
}
