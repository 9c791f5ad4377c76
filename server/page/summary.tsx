import type { Child } from 'hono/jsx';
import { shortDay } from './days';
import type { Model } from './model';
import { count, credits } from './words';

/** What there is, and that it adds up. The script replaces it whole when an entry lands. */
export function Summary({ model }: { model: Model }) {
  const { balance, held } = model.statement;
  return (
    <section class="summary" aria-labelledby="balance-heading" data-part="summary">
      <div class="figures">
        <Figure id="balance-heading" heading="Balance" value={balance} note="ready to spend" />
        <Figure
          heading="Held"
          value={held}
          note={held === 0 ? 'nothing is under way' : 'charged if it succeeds, given back if it fails'}
        />
      </div>
      <AddsUp model={model} />
    </section>
  );
}

function Figure({ id, heading, value, note }: { id?: string; heading: string; value: number; note: string }) {
  return (
    <div class="figure">
      <h2 {...(id ? { id } : {})}>{heading}</h2>
      <p class="amount">
        <strong data-figure={heading.toLowerCase()}>{count(value)}</strong> {value === 1 ? 'credit' : 'credits'}
      </p>
      <p class="note">{note}</p>
    </div>
  );
}

/** `opening + granted + refunded − charged = closing`, for the period that is shown. */
function AddsUp({ model: { query, statement } }: { model: Model }) {
  const { opening, granted, refunded, charged, closing } = statement;
  const adds = opening + granted + refunded - charged === closing;
  return (
    <div class="adds-up" data-adds-up={String(adds)}>
      <h2>
        {periodInWords(query)} <span class="check">{adds ? '✓ adds up' : 'Does not add up: please tell us'}</span>
      </h2>
      <p class="sum">
        <Term name="Opening">{count(opening)}</Term>
        <Term sign="+" name="Granted">
          {count(granted)}
        </Term>
        <Term sign="+" name="Refunded" credit={refunded > 0}>
          {count(refunded)}
        </Term>
        <Term sign="−" name="Charged">
          {count(charged)}
        </Term>
        <Term sign="=" name="Closing" total>
          {count(closing)}
        </Term>
      </p>
      {statement.selected && (
        <p class="note" data-selected>
          On what the filter names: {credits(statement.selected.charged)} charged, {count(statement.selected.refunded)}{' '}
          refunded, {count(statement.selected.spent)} spent.
        </p>
      )}
      {query.kind !== 'all' || statement.selected ? (
        <p class="note">The sum is over all entries of the period, also those that the filter leaves out.</p>
      ) : null}
    </div>
  );
}

interface TermProps {
  readonly name: string;
  readonly sign?: string;
  readonly credit?: boolean;
  readonly total?: boolean;
  readonly children?: Child;
}

function Term({ name, sign, credit, total, children }: TermProps) {
  return (
    <span class={`term${credit ? ' credit' : ''}${total ? ' total' : ''}`}>
      {sign && <span class="sign">{sign} </span>}
      <span class="term-value">{children}</span> <span class="term-name">{name.toLowerCase()}</span>{' '}
    </span>
  );
}

function periodInWords({ from, to }: Model['query']): string {
  if (from === null && to === null) return 'All time';
  if (from === null) return `Until ${shortDay(to ?? '')}`;
  return to === null ? `Since ${shortDay(from)}` : `${shortDay(from)} to ${shortDay(to)}`;
}
