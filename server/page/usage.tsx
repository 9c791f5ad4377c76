import { nameOfDay } from './days';
import { type Frame, Layout } from './layout';
import type { Model } from './model';
import { addressOf, type KindFilter } from './query';
import { FeedRow } from './row';
import { Summary } from './summary';

/** Billing → Usage, whole: it can be read, filtered and paged without script. */
export function UsagePage({ model, ...frame }: { model: Model } & Omit<Frame, 'title'>) {
  const { statement, timeZone } = model;
  return (
    <Layout title="Usage" {...frame}>
      <div data-usage data-account={model.account} data-time-zone={timeZone} data-last={statement.last}>
        <header class="top">
          <div>
            <p class="crumb">Billing</p>
            <h1>Usage</h1>
          </div>
          <p class="account">
            <span class="muted">Account</span> {model.account}
          </p>
        </header>
        <p class="banner" role="alert" data-banner hidden />
        <Summary model={model} />
        <Filters model={model} />
        <Feed model={model} />
        <p class="hidden" role="status" aria-live="polite" data-announce />
      </div>
    </Layout>
  );
}

const NAMES: Record<KindFilter, string> = { all: 'All', charges: 'Charges', refunds: 'Refunds', grants: 'Grants' };

function Filters({ model: { query } }: { model: Model }) {
  return (
    <section class="filters" aria-label="Filters">
      <nav class="kinds" aria-label="Kind of entry">
        {(Object.keys(NAMES) as KindFilter[]).map((kind) => (
          <a href={addressOf(query, { kind })} {...(kind === query.kind ? { 'aria-current': 'page' } : {})}>
            {NAMES[kind]}
          </a>
        ))}
      </nav>
      <a class="csv" href={addressOf(query, {}, '/usage/usage.csv')} download="usage.csv">
        Export CSV
      </a>
      <form method="get" action="/usage">
        {query.kind !== 'all' && <input type="hidden" name="kind" value={query.kind} />}
        <label class="wide">
          <span>Generation id</span>
          <input type="search" name="id" value={query.id ?? ''} maxlength={128} autocomplete="off" />
        </label>
        <label>
          <span>User</span>
          <input type="search" name="user" value={query.user ?? ''} maxlength={128} autocomplete="off" />
        </label>
        <label>
          <span>Campaign</span>
          <input type="search" name="campaign" value={query.campaign ?? ''} maxlength={128} autocomplete="off" />
        </label>
        <label>
          <span>Kind of work</span>
          <input type="search" name="work" value={query.work ?? ''} maxlength={64} autocomplete="off" />
        </label>
        <label>
          <span>From</span>
          <input type="date" name="from" value={query.from ?? ''} />
        </label>
        <label>
          <span>To</span>
          <input type="date" name="to" value={query.to ?? ''} />
        </label>
        <button type="submit">Apply</button>
      </form>
    </section>
  );
}

function Feed({ model }: { model: Model }) {
  const { days, next, query, today } = model;
  return (
    <>
      <div class="feed" data-part="feed">
        {days.map(({ day, rows }) => (
          <section class="day" id={`day-${day}`} aria-labelledby={`name-${day}`} data-key={`day-${day}`}>
            <h2 id={`name-${day}`}>{nameOfDay(day, today)}</h2>
            <ul class="rows">
              {rows.map((row) => (
                <FeedRow row={row} model={model} />
              ))}
            </ul>
          </section>
        ))}
      </div>
      <div data-part="rest">
        {days.length === 0 && <Empty model={model} />}
        <div class="end">
          {query.before !== undefined && <a href={addressOf(query)}>Back to the newest</a>}
          {next !== null && (
            <a class="more" href={addressOf(query, { before: next })} data-more>
              Load more
            </a>
          )}
        </div>
        <p class="note foot" data-foot>
          Times are in {model.timeZone}. <span data-connection />
        </p>
      </div>
    </>
  );
}

/** Nothing at all yet, or nothing that the filter lets through: each says what to do next. */
function Empty({ model: { query, statement } }: { model: Model }) {
  const untouched = statement.last === 0 && statement.balance === 0;
  return (
    <div class="empty">
      {untouched ? (
        <>
          <h2>Nothing here yet</h2>
          <p>Your first credits, and everything they are spent on, will appear here as it happens.</p>
        </>
      ) : (
        <>
          <h2>No entries match</h2>
          <p>
            Nothing in this period fits the filter.{' '}
            <a href={addressOf(query, { from: null, to: null })}>Search all time</a> or{' '}
            <a href="/usage">clear the filter</a>.
          </p>
        </>
      )}
    </div>
  );
}
