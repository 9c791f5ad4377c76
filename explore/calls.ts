import { escapeLiteral } from 'pg';

/** A call of one of the functions, for the one generation that is explored. */
export type Call =
  | { do: 'reserve'; run: string; proven: boolean; execution: string; after: number }
  | { do: 'settle'; run: string }
  | { do: 'refund'; run: string; proven: boolean }
  | { do: 'sweep'; holder: string; newest: string | null }
  /** Another generation of the account buys something. */
  | { do: 'spend' };

export const PRICE = 1;
export const NAMESPACE = 'e4e70000-0000-4000-8000-000000000000';
export const literal = (value: unknown) => escapeLiteral(JSON.stringify(value));
const text = (value: string | null) => (value === null ? 'NULL' : escapeLiteral(value));

/** The name of whatever else the account buys. */
const OTHER = 'other';

export function sqlOf(call: Call): string {
  switch (call.do) {
    case 'reserve':
      return `SELECT reserve('a', 'g', ${text(call.execution)}, ${text(call.run)}, ${call.proven}, ${PRICE}, 'kind', 'label',
                             'input', 'workflow', '${NAMESPACE}', ${call.after}, NULL, NULL, NULL, NULL) AS answer`;
    case 'settle':
      return `SELECT settle('a', 'g', ${text(call.run)}, ${literal({ by: call.run })}, NULL) AS answer`;
    case 'refund':
      return `SELECT refund('a', 'g', ${text(call.run)}, ${call.proven}, 'PROVIDER_UNAVAILABLE', 'It failed.') AS answer`;
    case 'sweep': {
      const dead = {
        generation: 'g',
        holder: call.holder,
        newest: call.newest,
        reason: 'WORKFLOW_LOST',
        message: 'Lost.',
      };
      return `SELECT sweep('a', '${NAMESPACE}', ${literal([dead])})->0 AS answer`;
    }
    case 'spend':
      return `SELECT reserve('a', '${OTHER}', 'x', 'x', false, ${PRICE}, 'kind', 'label', 'input', 'workflow',
                             '${NAMESPACE}', 0, NULL, NULL, NULL, NULL);
              SELECT settle('a', '${OTHER}', 'x', '{}', NULL) AS answer`;
  }
}

export const moveOf = (call: Call & { run: string }) => {
  const who = { do: call.do, account: 'a', generation: 'g', run: call.run };
  if (call.do === 'settle') return { ...who, output: { by: call.run } };
  if (call.do === 'refund')
    return { ...who, proven: call.proven, reason: 'PROVIDER_UNAVAILABLE', message: 'It failed.' };
  const work = { price: PRICE, kind: 'kind', label: 'label', inputHash: 'input', workflowId: 'workflow' };
  return { ...call, ...who, ...work, namespace: NAMESPACE };
};
