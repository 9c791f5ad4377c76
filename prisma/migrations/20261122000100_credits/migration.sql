-- The only way credits move: reserve, settle, refund, grant. Each is one round trip and one commit, takes the lock on
-- the account first, is idempotent, and answers what it found as {"outcome": …}, so that a lost answer can be asked
-- for again.
--
-- A "try" is one start of the workflow, the same over every reset; a "run" is one run of it, new after a reset.
--
-- They run with their owner's rights (the application's role has no other), so their search_path is pinned,
-- with pg_temp last: https://www.postgresql.org/docs/current/sql-createfunction.html#SQL-CREATEFUNCTION-SECURITY

-- Writes one entry and moves the account with it. The caller holds the lock on the account.
CREATE FUNCTION append_entry(
    p_account text, p_kind "EntryKind", p_balance_delta bigint, p_held_delta bigint,
    p_reservation bigint, p_generation text, p_grant_key text, p_reason text, p_message text
) RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    acc account;
BEGIN
    UPDATE account
        SET balance = balance + p_balance_delta, held = held + p_held_delta, last_seq = last_seq + 1
        WHERE id = p_account RETURNING * INTO STRICT acc;
    INSERT INTO ledger_entry (account_id, seq, kind, balance_delta, held_delta, balance_after,
                              reservation_id, generation_id, grant_key, reason, message)
        VALUES (p_account, acc.last_seq, p_kind, p_balance_delta, p_held_delta, acc.balance,
                p_reservation, p_generation, p_grant_key, p_reason, p_message);
END
$$;

CREATE FUNCTION is_closed_run(p_account text, p_generation text, p_try text, p_run text)
RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM closed_run
        WHERE account_id = p_account AND generation_id = p_generation AND try_id = p_try AND run_id IN (p_run, '*')
    )
$$;

-- Opens the next reservation of a generation that exists. The caller has seen that the balance suffices.
CREATE FUNCTION open_reservation(
    p_account text, p_generation text, p_try text, p_amount bigint, p_namespace text
) RETURNS reservation LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    res reservation;
BEGIN
    INSERT INTO reservation (account_id, generation_id, ordinal, try_id, amount, state, namespace)
        SELECT p_account, p_generation, coalesce(max(ordinal), 0) + 1, p_try, p_amount, 'RESERVED', p_namespace
        FROM reservation WHERE account_id = p_account AND generation_id = p_generation
        RETURNING * INTO res;
    PERFORM append_entry(p_account, 'RESERVE', -p_amount, p_amount, res.id, p_generation, NULL, NULL, NULL);
    RETURN res;
END
$$;

-- Ends an open reservation as paid, and stores what was paid for.
CREATE FUNCTION close_settled(res reservation, p_draft jsonb)
RETURNS void LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE reservation SET state = 'SETTLED', closed_at = clock_timestamp() WHERE id = res.id;
    UPDATE generation SET status = 'SUCCEEDED', draft = p_draft, updated_at = clock_timestamp()
        WHERE account_id = res.account_id AND id = res.generation_id;
    PERFORM append_entry(res.account_id, 'SETTLE', 0, -res.amount, res.id, res.generation_id, NULL, NULL, NULL);
END
$$;

-- `p_after` is the ordinal of the refund that the caller has seen and wants to pay again after; 0 for a first start. So a
-- generation that was refunded is charged again only by a retry that knows of it, and once for each refund.
CREATE FUNCTION makegood_reserve(
    p_account text, p_generation text, p_try text, p_run text, p_amount bigint,
    p_kind text, p_label text, p_input_hash text, p_workflow_id text, p_namespace text, p_after integer
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    acc account;
    gen generation;
    res reservation;
BEGIN
    SELECT * INTO acc FROM account WHERE id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('outcome', 'unknown_account');
    END IF;
    IF is_closed_run(p_account, p_generation, p_try, p_run) THEN
        RETURN jsonb_build_object('outcome', 'closed');
    END IF;

    SELECT * INTO gen FROM generation WHERE account_id = p_account AND id = p_generation;
    IF FOUND THEN
        IF gen.input_hash <> p_input_hash OR gen.kind <> p_kind THEN
            RETURN jsonb_build_object('outcome', 'conflict');
        END IF;
        SELECT * INTO res FROM reservation
            WHERE account_id = p_account AND generation_id = p_generation ORDER BY ordinal DESC LIMIT 1;
        IF res.state = 'SETTLED' THEN
            RETURN jsonb_build_object('outcome', 'delivered', 'draft', gen.draft);
        ELSIF res.state = 'RESERVED' THEN
            -- Another try's workflow is gone, workflow ids being unique: its hold passes to this one.
            IF res.try_id <> p_try THEN
                UPDATE reservation SET try_id = p_try, namespace = p_namespace WHERE id = res.id;
            END IF;
            RETURN jsonb_build_object('outcome', 'reserved', 'amount', res.amount,
                                      'balance', acc.balance, 'held', acc.held);
        ELSIF res.try_id <> p_try AND res.ordinal <> p_after THEN
            -- Refunded, and this is neither a reset of the try that was refunded nor a retry after that refund.
            RETURN jsonb_build_object('outcome', 'closed');
        END IF;
    END IF;

    IF acc.balance < p_amount THEN
        RETURN jsonb_build_object('outcome', 'insufficient', 'balance', acc.balance, 'price', p_amount);
    END IF;
    INSERT INTO generation (account_id, id, kind, label, input_hash, status, workflow_id)
        VALUES (p_account, p_generation, p_kind, p_label, p_input_hash, 'RESERVED', p_workflow_id)
        ON CONFLICT (account_id, id) DO UPDATE SET status = 'RESERVED', updated_at = clock_timestamp();
    PERFORM open_reservation(p_account, p_generation, p_try, p_amount, p_namespace);
    RETURN jsonb_build_object('outcome', 'reserved', 'amount', p_amount,
                              'balance', acc.balance - p_amount, 'held', acc.held + p_amount);
END
$$;

CREATE FUNCTION makegood_settle(
    p_account text, p_generation text, p_try text, p_run text, p_draft jsonb
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    acc account;
    res reservation;
BEGIN
    SELECT * INTO acc FROM account WHERE id = p_account FOR UPDATE;
    IF NOT FOUND THEN
        RETURN jsonb_build_object('outcome', 'closed');
    END IF;
    -- The newest reservation decides: an earlier one is refunded, or there would be no newer.
    SELECT * INTO res FROM reservation
        WHERE account_id = p_account AND generation_id = p_generation ORDER BY ordinal DESC LIMIT 1;
    IF res.state = 'SETTLED' THEN
        RETURN jsonb_build_object('outcome', 'delivered', 'draft',
            (SELECT draft FROM generation WHERE account_id = p_account AND id = p_generation));
    END IF;
    IF res.id IS NULL OR res.try_id <> p_try OR is_closed_run(p_account, p_generation, p_try, p_run) THEN
        RETURN jsonb_build_object('outcome', 'closed');
    END IF;

    -- Refunded, and asked by a later run of the same try: an operator's reset after the refund has delivered after all.
    IF res.state = 'REFUNDED' THEN
        IF acc.balance < res.amount THEN
            RETURN jsonb_build_object('outcome', 'insufficient', 'balance', acc.balance, 'price', res.amount);
        END IF;
        res := open_reservation(p_account, p_generation, p_try, res.amount, res.namespace);
    END IF;
    PERFORM close_settled(res, p_draft);
    RETURN jsonb_build_object('outcome', 'settled', 'amount', res.amount, 'draft', p_draft);
END
$$;

-- `p_run` `*` closes every run of the try: for a workflow that is gone from Temporal, so that no run of it can be named.
CREATE FUNCTION makegood_refund(
    p_account text, p_generation text, p_try text, p_run text, p_reason text, p_message text
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    res reservation;
BEGIN
    PERFORM FROM account WHERE id = p_account FOR UPDATE;
    -- A try is named after its first run: when a later one refunds, a reset has replaced the first, and what that left in
    -- flight must not charge either.
    INSERT INTO closed_run (account_id, generation_id, try_id, run_id)
        VALUES (p_account, p_generation, p_try, p_run), (p_account, p_generation, p_try, p_try) ON CONFLICT DO NOTHING;

    SELECT * INTO res FROM reservation
        WHERE account_id = p_account AND generation_id = p_generation ORDER BY ordinal DESC LIMIT 1;
    IF res.state = 'SETTLED' THEN
        RETURN jsonb_build_object('outcome', 'delivered', 'draft',
            (SELECT draft FROM generation WHERE account_id = p_account AND id = p_generation));
    END IF;
    IF res.id IS NULL OR res.try_id <> p_try THEN
        RETURN jsonb_build_object('outcome', 'nothing_held');
    END IF;
    IF res.state = 'REFUNDED' THEN
        -- A lost answer, asked for again by the run that refunded, is the same answer; nothing moves.
        IF res.refunded_by = p_run THEN
            RETURN jsonb_build_object('outcome', 'refunded', 'amount', res.amount, 'reason', res.reason);
        END IF;
        RETURN jsonb_build_object('outcome', 'nothing_held');
    END IF;

    UPDATE reservation
        SET state = 'REFUNDED', reason = p_reason, refunded_by = p_run, closed_at = clock_timestamp()
        WHERE id = res.id;
    UPDATE generation SET status = 'REFUNDED', updated_at = clock_timestamp()
        WHERE account_id = p_account AND id = p_generation;
    PERFORM append_entry(p_account, 'REFUND', res.amount, -res.amount, res.id, p_generation, NULL, p_reason, p_message);
    RETURN jsonb_build_object('outcome', 'refunded', 'amount', res.amount, 'reason', p_reason);
END
$$;

CREATE FUNCTION makegood_grant(p_account text, p_amount bigint, p_key text, p_message text)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    acc account;
    known bigint;
BEGIN
    INSERT INTO account (id) VALUES (p_account) ON CONFLICT DO NOTHING;
    SELECT * INTO STRICT acc FROM account WHERE id = p_account FOR UPDATE;
    SELECT balance_delta INTO known FROM ledger_entry WHERE account_id = p_account AND grant_key = p_key;
    IF FOUND THEN
        RETURN jsonb_build_object('outcome', CASE WHEN known = p_amount THEN 'granted' ELSE 'conflict' END,
                                  'amount', known, 'balance', acc.balance, 'held', acc.held);
    END IF;
    PERFORM append_entry(p_account, 'GRANT', p_amount, 0, NULL, NULL, p_key, NULL, p_message);
    RETURN jsonb_build_object('outcome', 'granted', 'amount', p_amount,
                              'balance', acc.balance + p_amount, 'held', acc.held);
END
$$;

-- Writes down a failed attempt. Earlier numbers that nobody wrote down belonged to a worker that was lost, so that
-- "we tried 5 times" is true. The first to write a number wins. Moves no credits, so it takes no lock. Answers how many
-- it wrote down.
CREATE FUNCTION makegood_record_attempt(
    p_account text, p_generation text, p_run text, p_number integer,
    p_reason text, p_message text, p_provider_status integer, p_lost_reason text, p_lost_message text
) RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH written AS (
        INSERT INTO generation_attempt
            (account_id, generation_id, run_id, number, ordinal, reason, message, provider_status)
        SELECT gen.account_id, gen.id, p_run, n,
               coalesce((SELECT max(ordinal) FROM reservation
                         WHERE account_id = p_account AND generation_id = p_generation), 0),
               CASE WHEN n = p_number THEN p_reason ELSE p_lost_reason END,
               CASE WHEN n = p_number THEN p_message ELSE p_lost_message END,
               CASE WHEN n = p_number THEN p_provider_status END
        FROM generation gen, generate_series(1, p_number) n
        WHERE gen.account_id = p_account AND gen.id = p_generation
        ON CONFLICT DO NOTHING
        RETURNING 1
    )
    SELECT count(*)::integer FROM written
$$;

-- Functions may be called by everyone unless that is taken back. `makegood migrate` grants the ones named makegood_*
-- to the application's role; roles belong to the cluster, so no migration names one.
REVOKE EXECUTE ON FUNCTION
    ledger_entry_append_only(), append_entry, is_closed_run, open_reservation, close_settled,
    makegood_reserve, makegood_settle, makegood_refund, makegood_grant, makegood_record_attempt
FROM PUBLIC;
