import { z } from 'zod';

/** Postgres stores neither NUL nor half a surrogate pair; a text with one would be tried again for ever. */
export const isStorable = (text: string) => WITHOUT_NUL.test(text) && isWhole(text);
const isWhole = (text: string) => !/\p{Surrogate}/u.test(text);

// As patterns, so that JSON Schema has them too; one for each text, since generators are slow where two must hold at once.
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this is about.
const WITHOUT_NUL = /^[^\u0000]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what this is about.
const FILLED = /^[^\u0000]*[^\s\u0000][^\u0000]*$/;
const NOT_STORABLE = 'must not contain NUL characters or half a surrogate pair';

const text = (max: number) => z.string().max(max, `must be at most ${max} characters`);

/** Text of at most `max` UTF-16 units that Postgres can store. */
export const storableText = (max: number) => text(max).regex(WITHOUT_NUL, NOT_STORABLE).refine(isWhole, NOT_STORABLE);

/** The same, with something in it besides white space. */
export const filledText = (max: number) =>
  text(max)
    .regex(FILLED, { error: ({ input }) => (`${input}`.trim() === '' ? 'must not be empty' : NOT_STORABLE) })
    .refine(isWhole, NOT_STORABLE);

/** Cuts a text to what a column takes, never through a surrogate pair, and drops what Postgres refuses. */
export function clip(text: string, max: number): string {
  const safe = text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD');
  const characters = Array.from(safe);
  return characters.length <= max ? safe : `${characters.slice(0, max - 1).join('')}…`;
}
