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
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    accounts text[] := ARRAY(SELECT DISTINCT element ->> 'account' FROM jsonb_array_elements(p_moves) AS element);
    locked text[];
    hash_key bytea := (SELECT key FROM installation);
    namespaces uuid[] := ARRAY(SELECT id FROM temporal_namespace);
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

    -- The forms of the arguments are those of the columns that they go to.
    WITH found AS MATERIALIZED (
        SELECT given.*, acc.id IS NOT NULL AS is_locked, acc.balance, acc.held, acc.last_seq, acc.head,
               acc.ctid AS account_row, gen.ctid AS generation_row, res.ctid AS reservation_row,
               coalesce(res.ordinal, 1) AS ordinal, coalesce(gen.salt, gen_random_uuid()) AS salt,
               keyed(hash_key, "inputHash") AS hashed, greatest(acc.last_at, clock_timestamp()::timestamptz(3)) AS at,
               -- What it holds, for a reserve; what it charges, for a settle; what it gives back, for a refund.
               CASE given."do" WHEN 'reserve' THEN price WHEN 'settle' THEN coalesce(given.cost, res.amount)
                               ELSE res.amount END AS amount,
               CASE given."do" WHEN 'reserve' THEN -price WHEN 'settle' THEN res.amount - coalesce(given.cost, res.amount)
                               ELSE res.amount END AS balance_delta,
               CASE given."do" WHEN 'reserve' THEN price ELSE -res.amount END AS held_delta,
               (acc.id IS NOT NULL AND CASE given."do"
                   -- What is given back here pays for nothing here: simpler, and the next statement has it.
                   WHEN 'reserve' THEN acc.erased_at IS NULL AND gen.id IS NULL AND given.after = 0 AND NOT given.proven
                       AND given."retryKey" IS NULL AND given.namespace = ANY (namespaces) AND price >= 0
                       AND acc.balance >= sum(price) FILTER (WHERE given."do" = 'reserve' AND price >= 0)
                                              OVER (PARTITION BY given.account ORDER BY i)
                       AND char_length(given.execution) BETWEEN 1 AND 64 AND char_length(given.run) BETWEEN 1 AND 64
                       AND char_length("inputHash") BETWEEN 1 AND 128
                       AND num_nulls(given.kind, given.label, "workflowId") = 0
                   WHEN 'settle' THEN res.state = 'RESERVED' AND res.holder_run = given.run
                       AND given.output IS NOT NULL AND coalesce(given.cost, 0) BETWEEN 0 AND res.amount
                   WHEN 'refund' THEN res.state = 'RESERVED' AND res.holder_run = given.run
                       AND num_nulls(given.proven, given.reason, given.message) = 0
               END AND (given."do" = 'settle' OR runs.generation_id IS NULL) AND row_number() OVER (PARTITION BY given.account, given.generation ORDER BY i) = 1) IS TRUE AS is_made
        FROM ROWS FROM (jsonb_to_recordset(p_moves) AS (
            "do" text, account text, generation text, execution text, run text, price bigint, kind text, label text,
            "inputHash" text, "workflowId" text, namespace uuid, after integer, "retryKey" text, proven boolean,
            "user" text, campaign text, metadata jsonb, output jsonb, cost bigint, reason "ReasonCode", message "Message"
        )) WITH ORDINALITY AS given (
            "do", account, generation, execution, run, price, kind, label, "inputHash", "workflowId", namespace, after,
            "retryKey", proven, "user", campaign, metadata, output, cost, reason, message, i)
        LEFT JOIN account AS acc ON acc.id = given.account AND acc.id = ANY (locked)
        LEFT JOIN generation AS gen ON gen.account_id = given.account AND gen.id = given.generation AND acc.id IS NOT NULL
        LEFT JOIN LATERAL (
            SELECT ctid, * FROM reservation WHERE account_id = gen.account_id AND generation_id = gen.id
            ORDER BY ordinal DESC LIMIT 1
        ) AS res ON true
        LEFT JOIN LATERAL (
            SELECT * FROM generation_run WHERE account_id = given.account AND generation_id = given.generation LIMIT 1
        ) AS runs ON true
    ), numbered AS (
        SELECT *, upper("do")::"EntryKind" AS entry_kind, last_seq + row_number() OVER in_order AS seq,
               (balance + sum(balance_delta) OVER in_order)::bigint AS balance_after,
               (held + sum(held_delta) OVER in_order)::bigint AS held_after,
               lead(i) OVER in_order IS NULL AS is_last,
               CASE "do"
                   WHEN 'reserve' THEN content_of_reserve(salt, generation, kind, label, hashed, "workflowId")
                   WHEN 'settle' THEN content_of_settle(salt, output)
                   ELSE content_of_refund(salt, message)
               END AS content
        FROM found WHERE is_made WINDOW in_order AS (PARTITION BY account ORDER BY i)
    ), entries AS MATERIALIZED (
        SELECT i, "do", account, generation, execution, run, kind, label, hashed, "workflowId", namespace, "user", campaign,
               metadata, output, salt, reason, message, account_row, generation_row, reservation_row, ordinal, entry_kind, amount, balance_delta,
               held_delta, balance_after, held_after, is_last, seq, at, content,
               chain(head, entry_digest(seq, at, entry_kind, balance_delta, held_delta, balance_after, ordinal, reason,
                                        content)) OVER (PARTITION BY account ORDER BY seq) AS hash
        FROM numbered
    ), new_generations AS (
        INSERT INTO generation (account_id, id, kind, label, input_hash, status, workflow_id, user_id, campaign, metadata,
                                first_seq, salt)
            SELECT account, generation, kind, label, hashed, 'RESERVED', "workflowId", "user", campaign, metadata, seq, salt
            FROM entries WHERE "do" = 'reserve'
    ), new_reservations AS (
        INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, holder_run, amount, state, namespace,
                                 reserve_seq, reserved_at)
            SELECT account, generation, ordinal, execution, run, amount, 'RESERVED', namespace, seq, at
            FROM entries WHERE "do" = 'reserve'
    ), new_holds AS (
        INSERT INTO hold (account_id, generation_id, ordinal, namespace, reserved_at)
            SELECT account, generation, ordinal, namespace, at FROM entries WHERE "do" = 'reserve'
    -- Rows are found again by their place: nobody else changes them while their account is locked.
    ), closed_generations AS (
        UPDATE generation SET status = CASE "do" WHEN 'settle' THEN 'SUCCEEDED' ELSE 'REFUNDED' END::"GenerationStatus",
                              output = entries.output, updated_at = at
            FROM entries WHERE "do" <> 'reserve' AND generation.ctid = generation_row
    ), closed_reservations AS (
        UPDATE reservation SET state = CASE "do" WHEN 'settle' THEN 'SETTLED' ELSE 'REFUNDED' END::"ReservationState",
                               cost = CASE "do" WHEN 'settle' THEN entries.amount END, reason = entries.reason,
                               message = entries.message, refunded_by = CASE "do" WHEN 'refund' THEN run END,
                               close_seq = seq, closed_at = at
            FROM entries WHERE "do" <> 'reserve' AND reservation.ctid = reservation_row
    ), closed_runs AS (
        INSERT INTO generation_run (account_id, generation_id, run_id, position, closed_at)
            SELECT account, generation, run, 1, at FROM entries WHERE "do" = 'refund'
    ), closed_holds AS (
        -- Each is looked up by its key: joined, an empty table's statistics would make it every hold times every move.
        DELETE FROM hold WHERE ctid = ANY (ARRAY(
            SELECT (SELECT ctid FROM hold AS open WHERE open.account_id = account AND open.generation_id = generation)
            FROM entries WHERE "do" <> 'reserve'))
    ), new_entries AS (
        INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, generation_id,
                                  ordinal, reason, message, content, hash)
            SELECT account, seq, at, entry_kind, balance_delta, held_delta, balance_after, generation, ordinal, reason,
                   message, content, hash
            FROM entries
    ), moved_accounts AS (
        UPDATE account SET balance = balance_after, held = held_after, last_seq = seq, last_at = at, head = hash
            FROM entries WHERE is_last AND account.ctid = account_row
    )
    SELECT jsonb_agg(told) INTO answer FROM (
        SELECT CASE "do"
            WHEN 'reserve' THEN jsonb_build_object(
                'i', i - 1, 'outcome', 'reserved', 'amount', amount, 'balance', balance_after, 'held', held_after)
            WHEN 'settle' THEN jsonb_build_object('i', i - 1, 'outcome', 'settled', 'amount', amount)
            ELSE jsonb_build_object('i', i - 1, 'outcome', 'refunded', 'amount', amount, 'reason', reason)
        END AS told FROM entries
        UNION ALL
        SELECT jsonb_build_object('i', i - 1, 'outcome',
            CASE WHEN NOT is_locked AND EXISTS (SELECT FROM account WHERE id = found.account) THEN 'busy' ELSE 'single' END)
        FROM found WHERE NOT is_made
    ) AS outcomes;
    RETURN coalesce(answer, '[]');
END
$$;

REVOKE EXECUTE ON FUNCTION move FROM PUBLIC;
