/** Days as the customer lives them: `2026-11-22`, in a time zone by its IANA name. */

export const UTC = 'UTC';

/** The browser's time zone as it told us, where we know it too. */
export function timeZoneOf(name: string | undefined): string {
  if (!name) return UTC;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    return UTC;
  }
}

/** `2026-11-22` is a day that exists, between the years 2000 and 9998: what Postgres and date inputs both take. */
export function isDay(text: string): boolean {
  if (!/^[2-9]\d{3}-\d{2}-\d{2}$/.test(text) || text >= '9999') return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

// The Swedish way of writing dates is the ISO one.
export const dayOf = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(at);

/** The day so many days later (or earlier). */
export function addDays(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}

/** The moment at which the day begins there. */
export function startOf(day: string, timeZone: string): Date {
  const utc = Date.parse(`${day}T00:00:00Z`);
  // Twice: the first guess may fall on the other side of a change of the clock.
  const guess = utc - offsetAt(utc, timeZone);
  return new Date(utc - offsetAt(guess, timeZone));
}

/** By how many milliseconds clocks there are ahead of UTC. */
function offsetAt(moment: number, timeZone: string): number {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
  return Date.parse(`${format.format(moment).replace(' ', 'T')}Z`) - Math.floor(moment / 1000) * 1000;
}

/** `Today`, `Yesterday` or `Friday, 20 November 2026`. */
export function nameOfDay(day: string, today: string): string {
  if (day === today) return 'Today';
  if (day === addDays(today, -1)) return 'Yesterday';
  const options = { timeZone: UTC, weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' } as const;
  return new Intl.DateTimeFormat('en-GB', options).format(new Date(`${day}T00:00:00Z`));
}

/** `22 Nov 2026`. */
export const shortDay = (day: string): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone: UTC, dateStyle: 'medium' }).format(new Date(`${day}T00:00:00Z`));

export const clockTime = (at: Date, timeZone: string, withSeconds = false): string =>
  new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: withSeconds ? 'medium' : 'short' }).format(at);
