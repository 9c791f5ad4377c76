import type { Budget } from '../../explore/world';

/** A fault in one SQL function: `from` must be found in its source. */
export interface Mutation {
  readonly name: string;
  readonly of: 'reserve' | 'settle' | 'refund' | 'sweep' | 'move' | 'give_back';
  readonly from: string | RegExp;
  readonly to: string;
  /** What must happen for it to show. */
  readonly takes: Partial<Budget>;
}

/** Faults of the functions, most of which somebody has had. Each lets some order of events break a promise. */
export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'reserve compares the execution only, not the run that holds',
    of: 'reserve',
    from: 'res.holder_run = p_run',
    to: 'res.execution_id = p_execution',
    takes: { resets: 1 },
  },
  {
    name: 'reserve believes an unproven taker',
    of: 'reserve',
    from: "IF NOT p_proven THEN\n                RETURN jsonb_build_object('outcome', 'not_newest');\n            END IF;",
    to: '',
    takes: { resets: 1 },
  },
  {
    name: 'reserve lets an unproven run of the refunded execution pay again',
    of: 'reserve',
    from: 'ELSIF NOT p_proven THEN',
    to: 'ELSIF false THEN',
    takes: { resets: 1 },
  },
  {
    name: 'reserve ignores which refund a retry follows',
    of: 'reserve',
    from: 'IF res.ordinal <> p_after THEN',
    to: 'IF false THEN',
    takes: { terminates: 1, cancels: 1, retries: 1, sweeps: 1 },
  },
  {
    name: 'reserve pays each time for a retry that came once',
    of: 'reserve',
    from: 'IF res.ordinal <> p_after THEN',
    to: 'IF p_after = 0 THEN',
    takes: { retries: 2 },
  },
  {
    name: 'reserve ignores that the run is closed',
    of: 'reserve',
    from: "IF number_run(p_account, p_generation, p_run, p_proven) THEN\n            RETURN jsonb_build_object('outcome', 'closed');\n        END IF;",
    to: 'PERFORM number_run(p_account, p_generation, p_run, p_proven);',
    takes: { resets: 1, repeats: 1 },
  },
  {
    name: 'reserve ignores that the run was closed before anything was held',
    of: 'reserve',
    from: "IF closed THEN\n        RETURN jsonb_build_object('outcome', 'closed');\n    ELSIF",
    to: 'IF',
    takes: { cancels: 1 },
  },
  {
    name: 'settle charges for a run that does not hold',
    of: 'settle',
    from: "res.state = 'RESERVED' AND res.holder_run = p_run",
    to: "res.state = 'RESERVED'",
    takes: { resets: 1 },
  },
  {
    name: 'settle opens what was refunded',
    of: 'settle',
    from: "    IF res.state = 'SETTLED' THEN",
    to: `    IF res.state = 'REFUNDED' THEN
        PERFORM reserve(p_account, p_generation, res.execution_id, p_run, true, res.amount, 'kind', 'label', 'input',
                        'workflow', res.namespace, res.ordinal, NULL, NULL, NULL, NULL);
        res := newest_reservation(p_account, p_generation);
        acc := lock_account(p_account);
    END IF;
    IF res.state = 'SETTLED' THEN`,
    takes: { resets: 2 },
  },
  {
    name: 'settle forgets the output',
    of: 'settle',
    from: 'output = p_output',
    to: "output = '{}'",
    takes: {},
  },
  {
    name: 'refund claws back what was delivered',
    of: 'refund',
    from: /ELSIF res\.state = 'SETTLED' THEN\s+RETURN jsonb_build_object\('outcome', 'delivered', 'output',[^;]*;/,
    to: `ELSIF res.state = 'SETTLED' THEN
        UPDATE generation SET output = NULL, status = 'REFUNDED' WHERE account_id = p_account AND id = p_generation;
        acc := append_entry(acc, 'REFUND', res.amount, 0, p_generation, res.ordinal, NULL, p_reason, p_message, sha256(''));`,
    takes: { resets: 1 },
  },
  {
    name: 'refund believes an unproven run that does not hold',
    of: 'refund',
    from: "ELSIF NOT p_proven AND (res.state = 'REFUNDED' OR res.holder_run <> p_run) THEN",
    to: 'ELSIF false THEN',
    takes: { resets: 1 },
  },
  {
    name: 'refund closes nothing',
    of: 'refund',
    from: 'PERFORM close_runs(p_account, p_generation, p_run);',
    to: '',
    takes: { resets: 1, repeats: 1 },
  },
  {
    name: 'refund of nothing does not close its run',
    of: 'refund',
    from: /UPDATE generation_run SET closed_at[^;]*;/,
    to: '',
    takes: { cancels: 1 },
  },
  {
    name: 'sweep does not compare the holder',
    of: 'sweep',
    from: 'AND res.holder_run = dead.holder',
    to: '',
    takes: { resets: 1, terminates: 1, sweeps: 1 },
  },
  {
    name: 'sweep closes nothing',
    of: 'sweep',
    from: /UPDATE generation_run SET closed_at[^;]*;/,
    to: '',
    takes: { resets: 1, terminates: 1, sweeps: 1 },
  },
  {
    name: 'sweep closes the run that held, and no other',
    of: 'sweep',
    from: 'AND closed_at IS NULL',
    to: 'AND run_id = dead.holder',
    takes: { resets: 1, terminates: 1, sweeps: 1 },
  },
  {
    name: 'what is given back leaves the hold',
    of: 'give_back',
    from: 'DELETE FROM hold WHERE account_id = acc.id AND generation_id = res.generation_id;',
    to: '',
    takes: {},
  },
];

/** Faults of the batch function, which must do what the single ones do. */
export const BATCH_MUTATIONS: readonly Mutation[] = [
  {
    name: 'move settles for a run that does not hold',
    of: 'move',
    from: "WHEN 'settle' THEN res.state = 'RESERVED' AND res.holder_run = given.run",
    to: "WHEN 'settle' THEN res.state = 'RESERVED'",
    takes: { resets: 1 },
  },
  {
    name: 'move refunds, and closes nothing',
    of: 'move',
    from: `FROM entries WHERE "do" = 'refund'\n    ), closed_holds`,
    to: `FROM entries WHERE false\n    ), closed_holds`,
    takes: {},
  },
];
