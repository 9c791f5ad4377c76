import { z } from 'zod';

/** Postgres stores neither NUL nor half a surrogate pair; a text with one would be tried again for ever. */
export const isStorable = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** Text of at most `max` UTF-16 units that Postgres can store. */
export const storableText = (max: number) =>
  z
    .string()
    .max(max, `must be at most ${max} characters`)
    .refine(isStorable, 'must not contain NUL characters or half a surrogate pair');

/** Cuts a text to what a column takes, never through a surrogate pair, and drops what Postgres refuses. */
export function clip(text: string, max: number): string {
  const safe = text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD');
  const characters = Array.from(safe);
  return characters.length <= max ? safe : `${characters.slice(0, max - 1).join('')}…`;
}
