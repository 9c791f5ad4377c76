-- Moves that arrive while a statement is under way go together in the next one: one pass, one update of each account, one
-- commit, an outcome for each.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- Makes the ordinary ones of `p_moves`: a first reserve, a settle and a refund by the run that holds. Answers an array of
-- {i, outcome, …} with an element for each move, `i` its place in `p_moves` from 0. Beside the outcomes of the single
-- functions there are two: `single`, it is not ordinary (or the second of its generation here, or beyond what the balance
-- affords): ask the single function; `busy`, its account is locked by somebody else, and `p_wait` is false: a locked account
-- then keeps nobody else waiting. Where one move is refused (SQLSTATE classes 22 and 23) none is made.
--
-- Each element has `do` and what the single function of that name takes, its arguments in camel case.
-- The settings pin the plan: a few moves looked up by primary key, whatever the statistics say of tables that have just
-- been filled.
CREATE FUNCTION move(p_moves jsonb, p_wait boolean) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER
SET search_path FROM CURRENT SET lock_timeout = '100ms'
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_material = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    accounts text[] := ARRAY(SELECT DISTINCT element ->> 'account' FROM jsonb_array_elements(p_moves) AS element);
    locked text[];
    answer jsonb;
BEGIN
    PERFORM expect_arguments(jsonb_typeof(p_moves) = 'array' AND p_wait IS NOT NULL);
    PERFORM expect_read_committed();
    -- In one order, so that two of these never wait for each other in a circle.
    IF p_wait THEN
        locked := ARRAY(SELECT id FROM account WHERE id = ANY (accounts) ORDER BY id FOR NO KEY UPDATE);
    ELSE
        locked := ARRAY(SELECT id FROM account WHERE id = ANY (accounts) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
    END IF;

    WITH given AS MATERIALIZED (
        SELECT *, row_number() OVER () - 1 AS i
        FROM jsonb_to_recordset(p_moves) AS element (
            "do" text, account "AccountId", generation "GenerationId", execution "RunId", run "RunId", price "Credits",
            kind "Kind", label "Label", "inputHash" "InputHash", "workflowId" "WorkflowId", namespace uuid,
            after "Ordinal", "retryKey" "IdempotencyKey", proven boolean, output "Output", cost "Credits",
            reason "ReasonCode", message "Message")
    ), found AS MATERIALIZED (
        SELECT given.*, acc.id IS NOT NULL AS is_locked, acc.balance, acc.held, acc.last_seq, acc.last_at, acc.head,
               coalesce(res.ordinal, 1) AS ordinal, res.amount AS holds, coalesce(gen.salt, gen_random_uuid()) AS salt,
               row_number() OVER (PARTITION BY given.account, given.generation ORDER BY i) = 1 AND CASE given."do"
                   WHEN 'reserve' THEN gen.id IS NULL AND given.after = 0 AND NOT given.proven AND NOT has_runs
                       AND num_nulls(given.execution, given.run, price, given.kind, given.label, "inputHash",
                                     "workflowId") = 0
                       AND EXISTS (SELECT FROM temporal_namespace WHERE id = given.namespace)
                   WHEN 'settle' THEN res.state = 'RESERVED' AND res.holder_run = given.run
                       AND given.output IS NOT NULL AND coalesce(given.cost, 0) <= res.amount
                   WHEN 'refund' THEN res.state = 'RESERVED' AND res.holder_run = given.run AND NOT has_runs
                       AND num_nulls(given.reason, given.message) = 0
               END AS is_ordinary
        FROM given
        LEFT JOIN account AS acc ON acc.id = given.account AND acc.id = ANY (locked)
        LEFT JOIN generation AS gen ON gen.account_id = acc.id AND gen.id = given.generation
        LEFT JOIN LATERAL (
            SELECT * FROM reservation WHERE account_id = acc.id AND generation_id = gen.id ORDER BY ordinal DESC LIMIT 1
        ) AS res ON true
        CROSS JOIN LATERAL (SELECT EXISTS (
            SELECT FROM generation_run WHERE account_id = acc.id AND generation_id = given.generation) AS has_runs) AS runs
    ), affordable AS MATERIALIZED (
        -- What is given back here pays for nothing here: simpler, and the next statement has it.
        SELECT *, is_locked AND is_ordinary AND ("do" <> 'reserve' OR balance >=
                    sum(price) FILTER (WHERE is_ordinary AND "do" = 'reserve') OVER (PARTITION BY account ORDER BY i))
                  IS TRUE AS is_made
        FROM found
    ), changes AS MATERIALIZED (
        SELECT affordable.*, hashed, greatest(last_at, clock_timestamp()::timestamptz(3)) AS at,
               upper("do")::"EntryKind" AS entry_kind,
               CASE "do" WHEN 'reserve' THEN -price WHEN 'settle' THEN holds - coalesce(cost, holds) ELSE holds END
                   AS balance_delta,
               CASE "do" WHEN 'reserve' THEN price ELSE -holds END AS held_delta,
               CASE "do"
                   WHEN 'reserve' THEN content_of_reserve(salt, generation, kind, label, hashed, "workflowId")
                   WHEN 'settle' THEN content_of_settle(salt, output)
                   ELSE content_of_refund(salt, message)
               END AS content
        FROM affordable
        CROSS JOIN LATERAL (SELECT CASE WHEN "do" = 'reserve' THEN keyed_hash("inputHash") END AS hashed) AS input
        WHERE is_made
    ), numbered AS MATERIALIZED (
        SELECT *, last_seq + row_number() OVER in_order AS seq,
               (balance + sum(balance_delta) OVER in_order)::bigint AS balance_after,
               (held + sum(held_delta) OVER in_order)::bigint AS held_after
        FROM changes WINDOW in_order AS (PARTITION BY account ORDER BY i)
    ), entries AS MATERIALIZED (
        SELECT *, chain(head, entry_digest(seq, at, entry_kind, balance_delta, held_delta, balance_after, ordinal,
                                           reason, content)) OVER (PARTITION BY account ORDER BY seq) AS hash
        FROM numbered
    ), new_generations AS (
        INSERT INTO generation (account_id, id, kind, label, input_hash, status, workflow_id, salt)
            SELECT account, generation, kind, label, hashed, 'RESERVED', "workflowId", salt
            FROM entries WHERE "do" = 'reserve'
    ), new_reservations AS (
        INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, holder_run, amount, state, retry_key,
                                 namespace, reserve_seq, reserved_at)
            SELECT account, generation, 1, execution, run, price, 'RESERVED', "retryKey", namespace, seq, at
            FROM entries WHERE "do" = 'reserve'
    ), new_holds AS (
        INSERT INTO hold (account_id, generation_id, ordinal, namespace, reserved_at)
            SELECT account, generation, 1, namespace, at FROM entries WHERE "do" = 'reserve'
    ), closed_generations AS (
        UPDATE generation SET status = CASE "do" WHEN 'settle' THEN 'SUCCEEDED' ELSE 'REFUNDED' END::"GenerationStatus",
                              output = entries.output, updated_at = at
            FROM entries WHERE "do" <> 'reserve' AND account_id = account AND id = generation
    ), closed_reservations AS (
        UPDATE reservation SET state = 'SETTLED', cost = coalesce(entries.cost, holds), close_seq = seq, closed_at = at
            FROM entries WHERE "do" = 'settle' AND account_id = account AND generation_id = generation
                           AND reservation.ordinal = entries.ordinal
    ), refunded_reservations AS (
        UPDATE reservation SET state = 'REFUNDED', reason = entries.reason, message = entries.message, refunded_by = run,
                               close_seq = seq, closed_at = at
            FROM entries WHERE "do" = 'refund' AND account_id = account AND generation_id = generation
                           AND reservation.ordinal = entries.ordinal
    ), closed_runs AS (
        INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at)
            SELECT account, generation, run, 1, at FROM entries WHERE "do" = 'refund'
    ), closed_holds AS (
        DELETE FROM hold USING entries WHERE "do" <> 'reserve' AND account_id = account AND generation_id = generation
    ), new_entries AS (
        INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, generation_id,
                                  ordinal, reason, message, content, hash)
            SELECT account, seq, at, entry_kind, balance_delta, held_delta, balance_after, generation, ordinal,
                   reason, message, content, hash
            FROM entries
    ), moved_accounts AS (
        UPDATE account SET balance = balance_after, held = held_after, last_seq = seq, last_at = at, head = hash
            FROM (SELECT DISTINCT ON (account) * FROM entries ORDER BY account, seq DESC) AS last
            WHERE account.id = last.account
    )
    SELECT jsonb_agg(coalesce(
        CASE entries."do"
            WHEN 'reserve' THEN jsonb_build_object('i', entries.i, 'outcome', 'reserved', 'amount', entries.price,
                                                   'balance', balance_after, 'held', held_after)
            WHEN 'settle' THEN jsonb_build_object('i', entries.i, 'outcome', 'settled',
                                                  'amount', coalesce(entries.cost, entries.holds))
            WHEN 'refund' THEN jsonb_build_object('i', entries.i, 'outcome', 'refunded', 'amount', entries.holds,
                                                  'reason', entries.reason)
        END,
        jsonb_build_object('i', found.i, 'outcome',
            CASE WHEN NOT found.is_locked AND EXISTS (SELECT FROM account WHERE id = found.account) THEN 'busy'
                 ELSE 'single' END)))
    INTO answer FROM found LEFT JOIN entries ON entries.i = found.i;
    RETURN coalesce(answer, '[]');
END
$$;

REVOKE EXECUTE ON FUNCTION move FROM PUBLIC;
