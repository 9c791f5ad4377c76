import type { UsageEntry } from '../ledger/usage';
import { paint, plainLine, type Style } from './output';

/** How each kind of entry reads: credits that leave the balance are red, those that come are green. */
const KINDS: Record<UsageEntry['kind'], { word: string; style: Style }> = {
  GRANT: { word: 'granted', style: 'green' },
  RESERVE: { word: 'reserved', style: 'red' },
  SETTLE: { word: 'settled', style: 'dim' },
  REFUND: { word: 'refunded', style: 'green' },
  ADJUST: { word: 'adjusted', style: 'yellow' },
};

/** The entries in the order given, one a line, with the balance after each. */
export function statement(entries: readonly UsageEntry[]): string[] {
  const heading = row({ seq: '#', at: 'when', amount: 'credits', balance: 'balance', word: 'what', about: '' });
  return [paint('dim', heading.trimEnd()), ...entries.map(line)];
}

function line(entry: UsageEntry): string {
  const { word, style } = KINDS[entry.kind];
  const text = row({
    seq: String(entry.seq),
    at: entry.at.slice(0, 19).replace('T', ' '),
    amount: signed(entry.amount),
    balance: String(entry.balance),
    word,
    about: about(entry),
  });
  return paint(style, plainLine(text));
}

/** A free generation moves nothing, and says so. */
function about({ kind, label, generation, amount, held, cost, message, reason }: UsageEntry): string {
  const what = generation === null ? '' : `${label ?? 'erased'} (${generation})`;
  const free = amount === 0 && held === 0 ? 'free' : '';
  // The rest that came back belongs to the charge: no second thing.
  const less = kind === 'SETTLE' && cost !== null && cost < -held ? `charged ${cost}, of ${-held} held` : '';
  const why = message && reason ? `${message} [${reason}]` : (message ?? reason ?? '');
  return [what, free, less, why].filter(Boolean).join(' · ');
}

const row = (cells: Record<'seq' | 'at' | 'amount' | 'balance' | 'word' | 'about', string>) =>
  [
    cells.seq.padStart(4),
    cells.at.padEnd(19),
    cells.amount.padStart(8),
    cells.balance.padStart(9),
    cells.word.padEnd(8),
    cells.about,
  ].join('  ');

/** `+3`, `−1` with a true minus sign, `0`. */
export function signed(amount: number): string {
  if (amount === 0) return '0';
  return amount > 0 ? `+${amount}` : `−${-amount}`;
}
