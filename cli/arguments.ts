import { InvalidArgumentError, Option } from 'commander';

/** A parser of whole numbers for commander, which names the option in its message. */
export const whole =
  (min: number, max = Number.MAX_SAFE_INTEGER) =>
  (text: string): number => {
    const number = Number(text);
    if (/^-?\d+$/.test(text) && number >= min && number <= max) return number;
    const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };

/** A parser of `key=value`, given once or several times. */
export function pair(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('It must be key=value.');
  return { ...before, [key]: value };
}

export const jsonOption = (what = 'one JSON object') => new Option('--json', `print ${what}, for machines`);
export const accountOption = () =>
  new Option('-a, --account <account>', 'the account that the generation belongs to').makeOptionMandatory();
