// Puts what is new on a page that was fetched into the page that is open: row by row, so that nothing that the customer
// reads moves, closes or loses the focus.

/** Newest first. */
export const rowsOf = (page) => [...page.querySelectorAll('.row')];
export const number = (row) => Number(row.id.slice(2));

/** `landed`: they are new, and shown as such. */
export function merge(fresh, landed) {
  const feed = document.querySelector('[data-part="feed"]');
  for (const day of fresh.querySelectorAll('.day')) {
    const here = document.getElementById(day.id);
    if (!here) {
      if (landed) for (const row of rowsOf(day)) row.classList.add('new');
      insert(feed, day, (other) => other.id < day.id);
      continue;
    }
    here.querySelector('h2').textContent = day.querySelector('h2').textContent;
    for (const row of rowsOf(day)) mergeRow(here.querySelector('.rows'), row, landed);
  }
}

function mergeRow(list, row, landed) {
  const here = document.getElementById(row.id);
  if (!here) {
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

export function replacePart(fresh, name) {
  const here = document.querySelector(`[data-part="${name}"]`);
  const there = fresh.querySelector(`[data-part="${name}"]`);
  if (here.innerHTML !== there.innerHTML) here.replaceWith(there);
}

/** Keeps what the customer looks at where it is while rows land above it; call what it returns afterwards. */
export function hold() {
  const seen = scrollY > 0 && rowsOf(document).find((row) => row.getBoundingClientRect().top >= 0);
  if (!seen) return () => {};
  const { id } = seen;
  const { top } = seen.getBoundingClientRect();
  return () => scrollBy(0, (document.getElementById(id)?.getBoundingClientRect().top ?? top) - top);
}
