import type { Charge, Story } from '../../ledger/stories';
import { clockTime } from './days';
import type { Model, Row } from './model';
import { addressOf } from './query';
import { count, credits, nth, outcomeOf, signed } from './words';

type InModel = { readonly model: Model };

/** One line of the feed, which opens to its whole story. Works without script: it is a <details>. */
export function FeedRow({ row, model }: { row: Row } & InModel) {
  const { entry, at } = row;
  const { title, note } = wordsOf(row);
  const held = row.kind === 'charge' && row.charge.state === 'RESERVED';
  const isLess = row.kind === 'charge' && entry.cost !== null && entry.cost < entry.held;
  return (
    <li id={`e-${entry.seq}`} data-key={`e-${entry.seq}`} class={`row ${row.kind}${held ? ' held' : ''}`}>
      <details>
        <summary>
          <time class="time" datetime={entry.at}>
            {clockTime(at, model.timeZone)}
          </time>
          <span class="what">
            <span class="title">
              <span class="kind">{KIND[row.kind]}</span> <span class="label">{title}</span>
            </span>
            <span class="reason">{note}</span>
          </span>
          <span class={entry.amount > 0 ? 'change credit' : 'change'}>
            {entry.amount === 0 && !isLess ? 'free' : signed(entry.amount)}
            <span class="hidden">
              {entry.amount === 0 ? '' : Math.abs(entry.amount) === 1 ? ' credit' : ' credits'}
            </span>
            {held && <span class="pending"> held</span>}
            {isLess && <span class="pending"> of {count(entry.held)} held</span>}
          </span>
          <span class="after">
            <span class="hidden">balance </span>
            {count(entry.balance)}
          </span>
        </summary>
        <div class="story">
          {'story' in row && <Timeline charge={row.charge} erased={entry.label === null} model={model} />}
          <Facts row={row} model={model} />
        </div>
      </details>
      {'story' in row && row.other !== null && <OtherHalf row={row} model={model} />}
    </li>
  );
}

const KIND = { charge: 'Charge', refund: 'Refund', grant: 'Grant', adjustment: 'Correction' } as const;

/** Of a generation whose label is gone. */
const ERASED = 'Erased';

function wordsOf(row: Row): { title: string; note: string } {
  const { label, message, amount } = row.entry;
  switch (row.kind) {
    case 'grant':
      return { title: 'Credits added', note: message ?? '' };
    case 'adjustment':
      return { title: `Credits ${amount > 0 ? 'added' : 'taken off'} by our team`, note: message ?? '' };
    case 'refund':
      return { title: label ?? ERASED, note: label === null ? outcomeOf(row.charge) : (message ?? '') };
    case 'charge':
      return { title: label ?? ERASED, note: `${outcomeOf(row.charge)}${amount === 0 ? ' · free' : ''}` };
  }
}

/** From the refund to the charge that it gives back, and the other way round. */
function OtherHalf({ row, model }: { row: Extract<Row, { story: Story }> } & InModel) {
  if (row.other === null) return null;
  const { seq, onPage } = row.other;
  const search = addressOf(model.query, {
    ...{ kind: 'all', from: null, to: null, user: null, campaign: null, work: null },
    id: row.story.generation,
  });
  const href = onPage ? `#e-${seq}` : `${search}#e-${seq}`;
  const { reservedAt, closedAt, amount } = row.charge;
  return (
    <p class="other-half">
      {row.kind === 'refund' ? 'Gives back the ' : 'See the '}
      <a href={href}>
        {row.kind === 'refund'
          ? `charge of ${clockTime(reservedAt, model.timeZone)}`
          : `${amount === 0 ? 'end' : 'refund'} of ${clockTime(closedAt ?? reservedAt, model.timeZone)}`}
      </a>
    </p>
  );
}

/** The charge and its attempts, in the order of time. */
function Timeline({ charge, erased, model }: { charge: Charge; erased: boolean } & InModel) {
  const { reservedAt, closedAt, amount, cost, stepped, failures, state, message } = charge;
  const said = (sentence: string | null) => (erased ? '' : (sentence ?? ''));
  const step = (at: Date, text: string, more = '', mark = '') => (
    <li class={mark}>
      <time datetime={at.toISOString()}>{clockTime(at, model.timeZone, true)}</time>
      <span>
        {text} {more && <span class="muted">{more}</span>}
      </span>
    </li>
  );
  return (
    <ol class="timeline" aria-label="What happened">
      {step(reservedAt, amount === 0 ? 'Started, free of charge' : `${credits(amount)} held`)}
      {failures.map((failure, index) =>
        step(failure.at, failedWords(failure, index, stepped), said(failure.message), 'failed'),
      )}
      {closedAt !== null &&
        (state === 'SETTLED'
          ? step(
              closedAt,
              stepped ? 'Succeeded.' : `${nth(failures.length + 1)} try succeeded.`,
              amount === 0
                ? 'It was free.'
                : `${credits(cost ?? amount)} charged${cost === amount ? '' : ', the rest was not needed'}.`,
              'done',
            )
          : step(
              closedAt,
              amount === 0 ? 'Ended without a draft.' : `${credits(amount)} given back.`,
              said(message),
              amount === 0 ? '' : 'given-back',
            ))}
      {state === 'RESERVED' && (
        <li class="open">
          <span class="now">now</span> <span>We are working on it.</span>
        </li>
      )}
    </ol>
  );
}

/** Where the work has several steps, each is tried by itself, and says which it is. */
const failedWords = ({ step, number }: Charge['failures'][number], index: number, stepped: boolean) =>
  stepped ? `${nth(number)} try of ${step} failed.` : `${nth(index + 1)} try failed.`;

/** What to quote when one writes to support. */
function Facts({ row, model }: { row: Row } & InModel) {
  const { entry } = row;
  const fact = (name: string, value: string, id = false) => (
    <div>
      <dt>{name}</dt>
      <dd>{id ? <code>{value}</code> : value}</dd>
    </div>
  );
  return (
    <dl class="facts">
      {'story' in row &&
        row.story.subject !== null &&
        row.charge.state === 'SETTLED' &&
        fact('Subject', row.story.subject)}
      {'story' in row && fact('Generation id', row.story.generation, true)}
      {entry.user !== null && fact('User', entry.user)}
      {entry.campaign !== null && fact('Campaign', entry.campaign)}
      {Object.entries(entry.metadata).map(([name, value]) => fact(name, value))}
      {'story' in row && fact('Kind of work', row.story.kind, true)}
      {fact('Entry', `${model.account} #${entry.seq}`, true)}
      {fact('Balance after', credits(entry.balance))}
    </dl>
  );
}
