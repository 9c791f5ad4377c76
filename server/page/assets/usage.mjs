// Keeps the usage page fresh while it is open. Only the server knows how a row looks: when an entry lands, the page is
// asked for anew and what has changed is put in its place, row by row. Without this script the page reads as well.

import { hold, merge, number, replacePart, rowsOf } from './merge.mjs';

const EXPIRED = 'Your session has expired. Open your usage page from the product again to see what is new.';
const OTHER_ACCOUNT =
  'Another account was opened in this browser, so the session in this window has ended. Open this page from the product ' +
  'again to see what is new.';
/** Two seconds: as the server asks of the browser's own attempts. */
const COME_BACK_MS = 2000;
/** One look for all that lands within a tenth of a second: a charge and its end often come together. */
const TOGETHER_MS = 100;
/** Those that are shown are asked for again with some that are new; the server gives up to 500 at once. */
const NEW_ROWS = 50;
const MOST_ROWS = 500;

const root = document.querySelector('[data-usage]');
let source;
/** The newest entry that we were told of: where another stream goes on. */
let last = root?.dataset.last;
/** What to say of it once it is shown. */
let news = '';
/** The visit is over: what is shown stays, nothing new comes, and only another visit changes that. */
let ended = false;
/** The look at the server that is under way, and the one that waits for it. */
let running = Promise.resolve();
let waiting;

if (root && !reloadsForTimeZone()) start();

function start() {
  followEntries();
  document.addEventListener('click', loadMore);
  addEventListener('hashchange', openTarget);
  addEventListener('offline', () =>
    warn('You are offline. This is the latest we have; it will be updated when you are back.'),
  );
  addEventListener('online', () => {
    warn('');
    void freshen();
  });
  openTarget();
}

/** The server writes times and days as they are here once it knows where that is; it did not when it wrote this page. */
function reloadsForTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isNoted = () => document.cookie.split('; ').includes(`makegood_time_zone=${zone}`);
  if (!zone || zone === root.dataset.timeZone || isNoted()) return false;
  // A year: it is no secret, and it changes when the customer moves.
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet.
  document.cookie = `makegood_time_zone=${zone}; path=/usage; max-age=31536000; samesite=lax`;
  // Where cookies are refused, another answer would be the same.
  if (!isNoted()) return false;
  location.reload();
  return true;
}

/* Live */

function followEntries() {
  if (ended) return;
  source = new EventSource(`/usage/stream?after=${last}`);
  let wasCut = false;
  source.addEventListener('open', () => {
    connection('live');
    warn('');
    if (wasCut) void freshen();
    wasCut = false;
  });
  source.addEventListener('entry', (event) => {
    last = event.lastEventId;
    news = JSON.parse(event.data).text;
    void freshen();
  });
  source.addEventListener('ended', () => end(EXPIRED));
  source.addEventListener('error', () => {
    wasCut = true;
    connection('reconnecting');
    // The browser tries again by itself after a cut, but not after an answer that is no stream.
    if (source.readyState === EventSource.CLOSED) void comeBack();
  });
}

async function comeBack() {
  await freshen();
  setTimeout(followEntries, COME_BACK_MS);
}

/** One at a time, so that an older answer never overwrites a newer one; one more may wait, and is for all that lands. */
function freshen() {
  waiting ??= running
    .then(() => new Promise((resolve) => setTimeout(resolve, TOGETHER_MS)))
    .then(() => {
      waiting = undefined;
      running = look();
      return running;
    });
  return waiting;
}

async function look() {
  if (ended) return;
  const shown = rowsOf(document);
  const url = new URL(location.href);
  url.searchParams.set('limit', Math.min(shown.length + NEW_ROWS, MOST_ROWS));
  if (shown.length > 0) url.searchParams.set('since', number(shown.at(-1)));
  const fresh = await page(url).catch(() => undefined);
  if (!fresh) return;
  const place = hold();
  const oldest = rowsOf(fresh).at(-1);
  // So many have landed that they do not reach down to what is shown: the rows between would be missing for good.
  const afresh = oldest && shown.length > 0 && number(oldest) > number(shown[0]);
  if (afresh) replacePart(fresh, 'feed');
  else merge(fresh, true);
  if (afresh || shown.length === 0) replaceRest(fresh);
  replacePart(fresh, 'summary');
  place();
  if (news) announce(news);
  news = '';
}

/* Load more */

async function loadMore(event) {
  const link = event.target.closest?.('[data-more]');
  if (!link || ended || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (link.getAttribute('aria-busy') === 'true') return;
  link.setAttribute('aria-busy', 'true');
  link.textContent = 'Loading…';
  try {
    const fresh = await page(link.href);
    // The feed was begun afresh meanwhile: these do not follow on it.
    if (!link.isConnected) return;
    const before = rowsOf(document).length;
    merge(fresh, false);
    replaceRest(fresh);
    const rows = rowsOf(document);
    rows[before]?.querySelector('summary').focus({ preventScroll: true });
    announce(`${rows.length - before} more entries.`);
  } catch {
    link.setAttribute('aria-busy', 'false');
    link.textContent = 'Could not load more. Try again';
  }
}

/** The page as the server writes it now; rejects where there is none that belongs into this window. */
async function page(url) {
  const answer = await fetch(url);
  if (answer.status === 401 || answer.status === 403) end(EXPIRED);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const { account, timeZone } = fresh.querySelector('[data-usage]').dataset;
  if (account !== root.dataset.account) end(OTHER_ACCOUNT);
  // Another window has noted that the customer has moved: days would not fit together.
  else if (timeZone !== root.dataset.timeZone) location.reload();
  else return fresh;
  throw new Error('this page is for another account or another time zone');
}

function replaceRest(fresh) {
  const status = document.querySelector('[data-connection]').textContent;
  replacePart(fresh, 'rest');
  connectionText(status);
}

/** The row that a link leads to shows its story. */
function openTarget() {
  const row = location.hash.startsWith('#e-') && document.getElementById(location.hash.slice(1));
  if (!row) return;
  row.querySelector('details').open = true;
  row.querySelector('summary').focus({ preventScroll: true });
}

/* What is said */

/** Said once and for all; "load more" is from now on an ordinary link. */
function end(why) {
  if (ended) return;
  source.close();
  connection('');
  warn(why);
  ended = true;
}

function announce(text) {
  document.querySelector('[data-announce]').textContent = text;
}

function warn(text) {
  if (ended) return;
  const banner = document.querySelector('[data-banner]');
  banner.textContent = text;
  banner.hidden = text === '';
}

function connection(state) {
  root.dataset.state = state;
  connectionText({ live: 'Updates appear automatically.', reconnecting: 'Reconnecting…' }[state] ?? '');
}

function connectionText(text) {
  document.querySelector('[data-connection]').textContent = text;
}
