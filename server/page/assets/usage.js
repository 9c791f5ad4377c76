// Keeps the usage page fresh while it is open. Only the server knows how a row looks: when an entry lands, the page is
// asked for anew and what has changed is put in its place, row by row. Without this script the page reads as well.

const root = document.querySelector('[data-usage]');
if (root) start();

function start() {
  noteTimeZone();
  followEntries();
  document.addEventListener('click', loadMore);
  addEventListener('hashchange', openTarget);
  addEventListener('offline', () => warn('You are offline. This is what we knew last; it will be brought up to date.'));
  addEventListener('online', () => {
    warn('');
    void freshen();
  });
  openTarget();
}

/** The server writes times and days as they are here, from the next answer on; the first one is asked for again. */
function noteTimeZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!zone || zone === root.dataset.timeZone || document.cookie.includes(`makegood_time_zone=${zone}`)) return;
  // A year: it is no secret, and it changes when the customer moves.
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser yet.
  document.cookie = `makegood_time_zone=${zone}; path=/usage; max-age=31536000; samesite=lax`;
  void freshen();
}

/* Live */

function followEntries() {
  const source = new EventSource(`/usage/stream?after=${root.dataset.last}`);
  let wasCut = false;
  source.addEventListener('open', () => {
    connection('live');
    warn('');
    if (wasCut) void freshen();
    wasCut = false;
  });
  source.addEventListener('entry', (event) => {
    announce(JSON.parse(event.data).text);
    freshenSoon();
  });
  source.addEventListener('ended', () => {
    source.close();
    sessionEnded();
  });
  source.addEventListener('error', () => {
    wasCut = true;
    connection('reconnecting');
    // The browser tries again by itself after a cut, but not after an answer that is no stream.
    if (source.readyState === EventSource.CLOSED) void comeBack();
  });
}

/** Two seconds: as the server asks of the browser's own attempts. */
const COME_BACK_MS = 2000;

async function comeBack() {
  const answer = await fetch('/usage', { method: 'HEAD' }).catch(() => undefined);
  if (answer?.status === 401 || answer?.status === 403) return sessionEnded();
  setTimeout(followEntries, COME_BACK_MS);
}

function sessionEnded() {
  connection('');
  warn('This visit has expired. Open your usage page from the product again to see what is new.');
}

let soon = false;
/** One look for all that lands within a tenth of a second: a charge and its end often come together. */
function freshenSoon() {
  if (soon) return;
  soon = true;
  setTimeout(() => {
    soon = false;
    void freshen();
  }, 100);
}

let freshening = Promise.resolve();
/** One at a time and in order, so that an older answer never overwrites a newer one. */
function freshen() {
  freshening = freshening.then(async () => {
    const url = new URL(location.href);
    const shown = document.querySelectorAll('.row').length;
    // As many as are shown, up to what the server gives at once, and some for those that are new.
    url.searchParams.set('limit', String(Math.min(Math.max(shown + 10, 50), 500)));
    const fresh = await page(url).catch(() => undefined);
    if (!fresh) return;
    const place = hold();
    merge(fresh, true);
    replacePart(fresh, 'summary');
    if (shown <= 50) replacePart(fresh, 'rest');
    place();
  });
  return freshening;
}

/* Load more */

async function loadMore(event) {
  const link = event.target.closest?.('[data-more]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.getAttribute('aria-busy') === 'true') return;
  event.preventDefault();
  link.setAttribute('aria-busy', 'true');
  link.textContent = 'Loading…';
  try {
    const fresh = await page(link.href);
    const before = document.querySelectorAll('.row').length;
    merge(fresh, false);
    replacePart(fresh, 'rest');
    const rows = document.querySelectorAll('.row');
    rows[before]?.querySelector('summary').focus({ preventScroll: true });
    announce(`${rows.length - before} more entries.`);
  } catch {
    link.setAttribute('aria-busy', 'false');
    link.textContent = 'Could not load more. Try again';
  }
}

async function page(url) {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

/* Putting what is new in its place */

function merge(fresh, landed) {
  const feed = document.querySelector('[data-feed]');
  for (const day of fresh.querySelectorAll('.day')) {
    const here = document.getElementById(day.id);
    if (!here) {
      if (landed) for (const row of day.querySelectorAll('.row')) row.classList.add('new');
      insert(feed, day, (other) => other.id < day.id);
      continue;
    }
    here.querySelector('h2').textContent = day.querySelector('h2').textContent;
    for (const row of day.querySelectorAll('.row')) mergeRow(here.querySelector('.rows'), row, landed);
  }
}

const number = (row) => Number(row.id.slice(2));

function mergeRow(list, row, landed) {
  const here = document.getElementById(row.id);
  if (here && here.parentElement !== list) here.remove();
  if (!here?.isConnected) {
    if (landed) row.classList.add('new');
    return insert(list, row, (other) => number(other) < number(row));
  }
  if (plain(here) === plain(row)) return;
  const focused = here.contains(document.activeElement);
  row.querySelector('details').open = here.querySelector('details').open;
  here.replaceWith(row);
  if (focused) row.querySelector('summary').focus({ preventScroll: true });
}

/** Newest first: before the first that is older. */
function insert(parent, child, isOlder) {
  parent.insertBefore(child, [...parent.children].find(isOlder) ?? null);
}

/** A row as the server wrote it. */
function plain(row) {
  const copy = row.cloneNode(true);
  copy.classList.remove('new');
  copy.querySelector('details').removeAttribute('open');
  return copy.outerHTML;
}

function replacePart(fresh, name) {
  const here = document.querySelector(`[data-part="${name}"]`);
  const there = fresh.querySelector(`[data-part="${name}"]`);
  const status = document.querySelector('[data-connection]')?.textContent ?? '';
  if (here.innerHTML !== there.innerHTML) here.replaceWith(there);
  connectionText(status);
}

/** Keeps what the customer looks at where it is while rows land above it; call what it returns afterwards. */
function hold() {
  const seen =
    scrollY > 0 && [...document.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().top >= 0);
  if (!seen) return () => {};
  const { id } = seen;
  const { top } = seen.getBoundingClientRect();
  return () => scrollBy(0, (document.getElementById(id)?.getBoundingClientRect().top ?? top) - top);
}

/** The row that a link leads to shows its story. */
function openTarget() {
  const row = location.hash.startsWith('#e-') && document.getElementById(location.hash.slice(1));
  if (!row) return;
  row.querySelector('details').open = true;
  row.querySelector('summary').focus({ preventScroll: true });
}

/* What is said */

function announce(text) {
  document.querySelector('[data-announce]').textContent = text;
}

function warn(text) {
  const banner = document.querySelector('[data-banner]');
  banner.textContent = text;
  banner.hidden = text === '';
}

function connection(state) {
  root.dataset.state = state;
  connectionText({ live: 'Updates appear by themselves.', reconnecting: 'Reconnecting…' }[state] ?? '');
}

function connectionText(text) {
  const place = document.querySelector('[data-connection]');
  if (place) place.textContent = text;
}
