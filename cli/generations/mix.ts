import { randomUUID } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import type { GenerationRequest } from '../../client/order';
import { BEHAVIOURS } from '../../dev/sandbox/behaviours';

/** How often each behaviour of the sandbox provider is asked for. */
export type Mix = readonly { readonly behaviour: string; readonly weight: number }[];

/** `ok=8,flaky-2=1,down=1`; a behaviour without a weight has 1. */
export function parseMix(text: string): Mix {
  return text.split(',').map((part) => {
    const [, behaviour = '', weight = '1'] = /^([a-z0-9-]+)(?:=(\d{1,6}))?$/.exec(part.trim()) ?? [];
    if (!BEHAVIOURS.some(({ pattern }) => pattern.test(behaviour))) {
      const known = BEHAVIOURS.map(({ name }) => name).join(', ');
      throw new InvalidArgumentError(`"${part}" is not a behaviour with a weight. The behaviours are ${known}.`);
    }
    if (Number(weight) === 0) throw new InvalidArgumentError(`The weight of ${behaviour} must be 1 or more.`);
    return { behaviour, weight: Number(weight) };
  });
}

/**
 * `count` briefs in which each behaviour has its share, spread evenly and the same every time. Each has a recipient of
 * its own, by which the sandbox's log tells them apart.
 */
export function* mixedBriefs(mix: Mix, count: number, account: string): Generator<GenerationRequest> {
  // Whoever has waited longest for its share goes next: smooth weighted round-robin, as load balancers do it.
  const credit = mix.map(() => 0);
  const total = mix.reduce((sum, { weight }) => sum + weight, 0);
  for (let number = 1; number <= count; number++) {
    for (const [index, { weight }] of mix.entries()) credit[index] = (credit[index] ?? 0) + weight;
    const next = credit.indexOf(Math.max(...credit));
    credit[next] = (credit[next] ?? 0) - total;
    const to = `${mix[next]?.behaviour}+${number}@sandbox.test`;
    const goal = `Thank them for order ${number} and ask how it went`;
    yield { id: randomUUID(), account, kind: 'email-draft', input: { to, goal } };
  }
}
