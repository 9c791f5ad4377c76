-- The only way credits move: reserve, settle, refund, sweep, grant_credits, adjust. Each is one round trip and one commit,
-- takes the lock on the account first, is idempotent, and answers what it found as {"outcome": …}, so that a lost answer
-- can be asked for again.
--
-- An "execution" is one start of the workflow, the same over every reset; a "run" is one run of it, new after a reset.
-- The ledger believes the run that holds. Any other hears `not_newest`, and may call again once it has seen that it is
-- Temporal's newest run: "proven". docs/ledger.md has the table of outcomes.
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);

-- First the parts. Only the functions below call them, whose search_path is pinned.

-- For arguments that must not be missing: the form of each is its domain's.
CREATE FUNCTION expect_arguments(complete boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF complete IS NOT TRUE THEN
        RAISE EXCEPTION 'an argument is missing or out of range' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END
$$;

-- The rules below need each statement to see what was committed before it had the lock.
CREATE FUNCTION expect_read_committed() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'credits move at READ COMMITTED only, not at %', upper(current_setting('transaction_isolation'))
            USING ERRCODE = 'invalid_transaction_state';
    END IF;
END
$$;

-- The account, locked; all NULL where there is none. Readers by foreign key are let through.
CREATE FUNCTION lock_account(p_account text) RETURNS account LANGUAGE plpgsql AS $$
DECLARE
    acc account;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        PERFORM expect_read_committed();
    END IF;
    SELECT * INTO acc FROM account WHERE id = p_account FOR NO KEY UPDATE;
    RETURN acc;
END
$$;

-- A keyed hash (the envelope form of HMAC) of what the caller's hash of an input is.
CREATE FUNCTION keyed(key bytea, hash text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(key || sha256(key || convert_to(hash, 'UTF8'))), 'hex')
$$;
-- By this installation's key, which callers do not see.
CREATE FUNCTION keyed_hash(p_hash "InputHash") RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT keyed(key, p_hash) FROM installation
$$;

-- Writes one entry and moves the account with it. `acc` is the account as it was locked. Answers it as it is now. In two
-- statements and no steps between: each expression of PL/pgSQL's own is made ready anew in every transaction.
CREATE FUNCTION append_entry(
    acc account, p_kind "EntryKind", p_balance_delta bigint, p_held_delta bigint, p_generation text, p_ordinal integer,
    p_key text, p_reason text, p_message text, p_content bytea
) RETURNS account LANGUAGE plpgsql AS $$
DECLARE
    moment timestamptz(3) := clock_timestamp();
BEGIN
    UPDATE account
        SET balance = balance + p_balance_delta, held = held + p_held_delta, last_seq = last_seq + 1,
            last_at = greatest(last_at, moment),
            head = sha256(head || entry_digest(last_seq + 1, greatest(last_at, moment), p_kind, p_balance_delta, p_held_delta,
                                               balance + p_balance_delta, p_ordinal, p_reason, p_content))
        WHERE id = acc.id RETURNING * INTO acc;
    INSERT INTO ledger_entry (account_id, seq, at, kind, balance_delta, held_delta, balance_after, generation_id, ordinal,
                              idempotency_key, reason, message, content, hash)
        VALUES (acc.id, acc.last_seq, acc.last_at, p_kind, p_balance_delta, p_held_delta, acc.balance, p_generation,
                p_ordinal, p_key, p_reason, p_message, p_content, acc.head);
    RETURN acc;
END
$$;

-- A generation's newest reservation decides: an earlier one is refunded, or there would be no newer.
CREATE FUNCTION newest_reservation(p_account text, p_generation text) RETURNS reservation
LANGUAGE plpgsql STABLE AS $$
DECLARE
    res reservation;
BEGIN
    SELECT * INTO res FROM reservation
        WHERE account_id = p_account AND generation_id = p_generation ORDER BY ordinal DESC LIMIT 1;
    RETURN res;
END
$$;

-- Numbers the run at its first call; `to_top`: it has proven to be the newest. Answers whether it is closed.
CREATE FUNCTION number_run(p_account text, p_generation text, p_run text, to_top boolean)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    last integer;
    closed boolean;
BEGIN
    SELECT max(position) INTO last FROM generation_run WHERE account_id = p_account AND generation_id = p_generation;
    IF last IS NULL THEN
        -- So far one run has called, which the reservation names.
        INSERT INTO generation_run (account_id, generation_id, run_id, position)
            SELECT account_id, generation_id, holder_run, 1
            FROM reservation WHERE account_id = p_account AND generation_id = p_generation;
        last := 1;
    END IF;
    INSERT INTO generation_run AS known (account_id, generation_id, run_id, position)
        VALUES (p_account, p_generation, p_run, last + 1)
        ON CONFLICT (account_id, generation_id, run_id) DO UPDATE
            SET position = CASE WHEN to_top AND known.position < last THEN last + 1 ELSE known.position END
        RETURNING known.closed_at IS NOT NULL INTO closed;
    RETURN closed;
END
$$;

-- Closes the run and all that are numbered before it. The run has been numbered.
CREATE FUNCTION close_runs(p_account text, p_generation text, p_run text)
RETURNS void LANGUAGE sql AS $$
    UPDATE generation_run SET closed_at = clock_timestamp()
    WHERE account_id = p_account AND generation_id = p_generation AND closed_at IS NULL
      AND position <= (SELECT position FROM generation_run
                       WHERE account_id = p_account AND generation_id = p_generation AND run_id = p_run)
$$;

-- Ends an open reservation by giving back what it holds: that, never an amount from a caller.
CREATE FUNCTION give_back(acc account, res reservation, p_run text, p_reason text, p_message text)
RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    salted uuid;
BEGIN
    UPDATE generation SET status = 'REFUNDED', updated_at = clock_timestamp()
        WHERE account_id = acc.id AND id = res.generation_id RETURNING salt INTO salted;
    acc := append_entry(acc, 'REFUND', res.amount, -res.amount, res.generation_id, res.ordinal, NULL, p_reason, p_message,
                        content_of_refund(salted, p_message));
    UPDATE reservation SET state = 'REFUNDED', reason = p_reason, message = p_message, refunded_by = p_run,
                           close_seq = acc.last_seq, closed_at = acc.last_at
        WHERE account_id = acc.id AND generation_id = res.generation_id AND ordinal = res.ordinal;
    DELETE FROM hold WHERE account_id = acc.id AND generation_id = res.generation_id;
    RETURN jsonb_build_object('outcome', 'refunded', 'amount', res.amount, 'reason', p_reason);
END
$$;

-- Holds `p_amount` for the generation, or says why not.
-- `p_after` is the ordinal of the refund that the caller has seen and wants to pay again after; 0 for a first start. So a
-- generation that was refunded is charged again only by a retry that knows of it, and once for each refund.
CREATE FUNCTION reserve(
    p_account "AccountId", p_generation "GenerationId", p_execution "RunId", p_run "RunId", p_proven boolean,
    p_amount "Credits", p_kind "Kind", p_label "Label", p_input_hash "InputHash", p_workflow_id "WorkflowId",
    p_namespace uuid, p_after "Ordinal", p_retry_key "IdempotencyKey", p_user "Attribute", p_campaign "Attribute",
    p_metadata "Metadata"
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    gen generation;
    res reservation;
    hashed text := (SELECT keyed(key, p_input_hash) FROM installation);
    closed boolean := false;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generation, p_execution, p_run, p_proven, p_amount, p_kind, p_label,
                                       p_input_hash, p_workflow_id, p_namespace, p_after) = 0);
    IF NOT EXISTS (SELECT FROM temporal_namespace WHERE id = p_namespace) THEN
        RAISE EXCEPTION 'no worker has registered the Temporal namespace %: nobody would sweep it', p_namespace
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    acc := lock_account(p_account);
    IF acc.id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'unknown_account');
    ELSIF acc.erased_at IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'account_erased');
    END IF;

    SELECT * INTO gen FROM generation WHERE account_id = p_account AND id = p_generation;
    IF gen.erased_at IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'generation_erased');
    ELSIF gen.id IS NOT NULL THEN
        IF gen.input_hash IS DISTINCT FROM hashed OR gen.kind <> p_kind THEN
            RETURN jsonb_build_object('outcome', 'conflict');
        END IF;
        res := newest_reservation(p_account, p_generation);
        IF res.state = 'SETTLED' THEN
            RETURN jsonb_build_object('outcome', 'delivered', 'output', gen.output);
        END IF;
        IF res.state = 'RESERVED' AND res.holder_run = p_run THEN
            RETURN jsonb_build_object('outcome', 'reserved', 'amount', res.amount, 'balance', acc.balance, 'held', acc.held);
        END IF;
        IF number_run(p_account, p_generation, p_run, p_proven) THEN
            RETURN jsonb_build_object('outcome', 'closed');
        END IF;
        IF res.state = 'RESERVED' THEN
            IF NOT p_proven THEN
                RETURN jsonb_build_object('outcome', 'not_newest');
            END IF;
            -- The workflow of the one that holds is gone, or was reset: its hold passes to the newest run.
            UPDATE reservation SET execution_id = p_execution, holder_run = p_run, namespace = p_namespace
                WHERE account_id = p_account AND generation_id = p_generation AND ordinal = res.ordinal;
            UPDATE hold SET namespace = p_namespace WHERE account_id = p_account AND generation_id = p_generation;
            RETURN jsonb_build_object('outcome', 'reserved', 'amount', res.amount, 'balance', acc.balance, 'held', acc.held);
        END IF;
        -- Refunded. A retry after that refund pays again, and so does the newest run of what was refunded: a reset.
        IF res.ordinal <> p_after THEN
            IF res.execution_id <> p_execution THEN
                RETURN jsonb_build_object('outcome', 'closed');
            ELSIF NOT p_proven THEN
                RETURN jsonb_build_object('outcome', 'not_newest');
            END IF;
        END IF;
    ELSIF p_after > 0 THEN
        RETURN jsonb_build_object('outcome', 'closed');
    ELSIF EXISTS (SELECT FROM generation_run WHERE account_id = p_account AND generation_id = p_generation) THEN
        closed := number_run(p_account, p_generation, p_run, p_proven);
    END IF;

    IF closed THEN
        RETURN jsonb_build_object('outcome', 'closed');
    ELSIF acc.balance < p_amount THEN
        RETURN jsonb_build_object('outcome', 'insufficient', 'balance', acc.balance, 'price', p_amount);
    END IF;
    -- Asked for again, it stays attributed as it was at first.
    INSERT INTO generation (account_id, id, kind, label, input_hash, status, workflow_id, user_id, campaign, metadata,
                            first_seq, salt)
        VALUES (p_account, p_generation, p_kind, p_label, hashed, 'RESERVED', p_workflow_id, p_user, p_campaign, p_metadata,
                acc.last_seq + 1, gen_random_uuid())
        ON CONFLICT (account_id, id) DO UPDATE SET status = 'RESERVED', updated_at = clock_timestamp()
        RETURNING * INTO gen;
    res.ordinal := coalesce(res.ordinal, 0) + 1;
    acc := append_entry(acc, 'RESERVE', -p_amount, p_amount, p_generation, res.ordinal, NULL, NULL, NULL,
        content_of_reserve(gen.salt, gen.id, gen.kind, gen.label, gen.input_hash, gen.workflow_id));
    INSERT INTO reservation (account_id, generation_id, ordinal, execution_id, holder_run, amount, state, retry_key,
                             namespace, reserve_seq, reserved_at)
        VALUES (p_account, p_generation, res.ordinal, p_execution, p_run, p_amount, 'RESERVED', p_retry_key,
                p_namespace, acc.last_seq, acc.last_at);
    INSERT INTO hold (account_id, generation_id, ordinal, namespace, reserved_at)
        VALUES (p_account, p_generation, res.ordinal, p_namespace, acc.last_at);
    RETURN jsonb_build_object('outcome', 'reserved', 'amount', p_amount, 'balance', acc.balance, 'held', acc.held);
END
$$;

-- Charges what it did cost, at most what is held (NULL: all of it), gives back the rest, and stores the output: all in one
-- commit. The first output wins.
CREATE FUNCTION settle(
    p_account "AccountId", p_generation "GenerationId", p_run "RunId", p_output "Output", p_cost "Credits"
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    res reservation;
    charged bigint;
    salted uuid;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generation, p_run, p_output) = 0);
    acc := lock_account(p_account);
    res := newest_reservation(p_account, p_generation);
    IF res.state = 'SETTLED' THEN
        RETURN jsonb_build_object('outcome', 'delivered', 'output',
            (SELECT output FROM generation WHERE account_id = p_account AND id = p_generation));
    ELSIF res.state = 'RESERVED' AND res.holder_run = p_run THEN
        charged := coalesce(p_cost, res.amount);
        PERFORM expect_arguments(charged <= res.amount);
        UPDATE generation SET status = 'SUCCEEDED', output = p_output, updated_at = clock_timestamp()
            WHERE account_id = p_account AND id = p_generation RETURNING salt INTO salted;
        acc := append_entry(acc, 'SETTLE', res.amount - charged, -res.amount, p_generation, res.ordinal, NULL, NULL, NULL,
                            content_of_settle(salted, p_output));
        UPDATE reservation SET state = 'SETTLED', cost = charged, close_seq = acc.last_seq, closed_at = acc.last_at
            WHERE account_id = p_account AND generation_id = p_generation AND ordinal = res.ordinal;
        DELETE FROM hold WHERE account_id = p_account AND generation_id = p_generation;
        RETURN jsonb_build_object('outcome', 'settled', 'amount', charged);
    ELSIF res.state IS NOT NULL THEN
        PERFORM number_run(p_account, p_generation, p_run, false);
    END IF;
    RETURN jsonb_build_object('outcome', 'closed');
END
$$;

-- Gives back what the generation holds, and closes the run, so that nothing it has left in flight can charge.
CREATE FUNCTION refund(
    p_account "AccountId", p_generation "GenerationId", p_run "RunId", p_proven boolean, p_reason "ReasonCode",
    p_message "Message"
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    res reservation;
    answer jsonb := jsonb_build_object('outcome', 'nothing_held');
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_generation, p_run, p_proven, p_reason, p_message) = 0);
    acc := lock_account(p_account);
    res := newest_reservation(p_account, p_generation);
    IF acc.id IS NULL THEN
        RETURN answer;
    ELSIF res.state = 'SETTLED' THEN
        RETURN jsonb_build_object('outcome', 'delivered', 'output',
            (SELECT output FROM generation WHERE account_id = p_account AND id = p_generation));
    ELSIF res.state = 'REFUNDED' AND res.refunded_by = p_run THEN
        -- A lost answer, asked for again by the run that refunded, is the same answer.
        RETURN jsonb_build_object('outcome', 'refunded', 'amount', res.amount, 'reason', res.reason);
    END IF;

    PERFORM number_run(p_account, p_generation, p_run, p_proven);
    IF res.state IS NULL THEN
        UPDATE generation_run SET closed_at = clock_timestamp()
            WHERE account_id = p_account AND generation_id = p_generation AND run_id = p_run AND closed_at IS NULL;
        RETURN answer;
    ELSIF NOT p_proven AND (res.state = 'REFUNDED' OR res.holder_run <> p_run) THEN
        RETURN jsonb_build_object('outcome', 'not_newest');
    ELSIF res.state = 'RESERVED' THEN
        answer := give_back(acc, res, p_run, p_reason, p_message);
    END IF;
    -- One that has proven to be the newest is numbered last.
    PERFORM close_runs(p_account, p_generation, p_run);
    RETURN answer;
END
$$;

-- For those who have seen that workflows are closed or gone: gives back what one account holds for them, each
-- {generation, holder, newest, reason, message}; `newest` is the run that is closed, null where Temporal knows of none.
-- A hold that has passed to another run meanwhile, or is of another namespace, is left alone. One commit; answers an
-- outcome for each, in their order.
CREATE FUNCTION sweep(p_account "AccountId", p_namespace uuid, p_holds jsonb)
RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    res reservation;
    dead record;
    answers jsonb := '[]';
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_namespace, p_holds) = 0);
    PERFORM expect_arguments(jsonb_typeof(p_holds) = 'array');
    FOR dead IN SELECT * FROM jsonb_to_recordset(p_holds) AS given (
        generation "GenerationId", holder "RunId", newest "RunId", reason "ReasonCode", message "Message"
    ) LOOP
        PERFORM expect_arguments(num_nulls(dead.generation, dead.holder, dead.reason, dead.message) = 0);
        acc := lock_account(p_account);
        res := newest_reservation(p_account, dead.generation);
        IF res.state = 'RESERVED' AND res.holder_run = dead.holder AND res.namespace = p_namespace THEN
            PERFORM number_run(p_account, dead.generation, run, false)
                FROM unnest(ARRAY[dead.holder, dead.newest]) AS run WHERE run IS NOT NULL;
            -- All that have called: one of them may have proven to be the newest, long ago, and not have said so yet.
            UPDATE generation_run SET closed_at = clock_timestamp()
                WHERE account_id = p_account AND generation_id = dead.generation AND closed_at IS NULL;
            answers := answers || give_back(acc, res, coalesce(dead.newest, dead.holder), dead.reason, dead.message);
        ELSE
            answers := answers || jsonb_build_object('outcome', 'nothing_held');
        END IF;
    END LOOP;
    RETURN answers;
END
$$;

-- Adds credits, and makes the account where there is none. Once for each key.
CREATE FUNCTION grant_credits(
    p_account "AccountId", p_amount "Credits", p_key "IdempotencyKey", p_message "Message"
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    known ledger_entry;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_amount, p_key) = 0);
    PERFORM expect_arguments(p_amount >= 1);
    INSERT INTO account (id, genesis, head, salt)
        SELECT p_account, genesis, genesis, gen_random_uuid()
        FROM sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) AS genesis
        ON CONFLICT (id) DO NOTHING;
    acc := lock_account(p_account);
    IF acc.erased_at IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'account_erased');
    END IF;
    SELECT * INTO known FROM ledger_entry WHERE account_id = p_account AND idempotency_key = p_key;
    IF known.seq IS NOT NULL THEN
        RETURN jsonb_build_object(
            'outcome', CASE WHEN known.kind = 'GRANT' AND known.balance_delta = p_amount THEN 'granted' ELSE 'conflict' END,
            'amount', known.balance_delta, 'balance', acc.balance, 'held', acc.held);
    END IF;
    acc := append_entry(acc, 'GRANT', p_amount, 0, NULL, NULL, p_key, NULL, p_message,
                        content_of_grant(acc.salt, p_key, p_message));
    RETURN jsonb_build_object('outcome', 'granted', 'amount', p_amount, 'balance', acc.balance, 'held', acc.held);
END
$$;

-- Corrects a balance by hand, up or down, with a sentence for the customer. Once for each key.
CREATE FUNCTION adjust(
    p_account "AccountId", p_amount bigint, p_key "IdempotencyKey", p_message "Message"
) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    acc account;
    known ledger_entry;
BEGIN
    PERFORM expect_arguments(num_nulls(p_account, p_amount, p_key, p_message) = 0);
    PERFORM expect_arguments(p_amount <> 0 AND p_amount BETWEEN -1000000000000 AND 1000000000000);
    acc := lock_account(p_account);
    IF acc.id IS NULL THEN
        RETURN jsonb_build_object('outcome', 'unknown_account');
    ELSIF acc.erased_at IS NOT NULL THEN
        RETURN jsonb_build_object('outcome', 'account_erased');
    END IF;
    SELECT * INTO known FROM ledger_entry WHERE account_id = p_account AND idempotency_key = p_key;
    IF known.seq IS NOT NULL THEN
        RETURN jsonb_build_object(
            'outcome', CASE WHEN known.kind = 'ADJUST' AND known.balance_delta = p_amount THEN 'adjusted' ELSE 'conflict' END,
            'amount', known.balance_delta, 'balance', acc.balance, 'held', acc.held);
    ELSIF acc.balance + p_amount < 0 THEN
        RETURN jsonb_build_object('outcome', 'insufficient', 'balance', acc.balance, 'price', -p_amount);
    END IF;
    acc := append_entry(acc, 'ADJUST', p_amount, 0, NULL, NULL, p_key, NULL, p_message,
                        content_of_grant(acc.salt, p_key, p_message));
    RETURN jsonb_build_object('outcome', 'adjusted', 'amount', p_amount, 'balance', acc.balance, 'held', acc.held);
END
$$;

-- Functions may be called by everyone unless that is taken back: `makegood migrate` gives each role its own by name
-- (roles belong to the cluster, so no migration names one).
REVOKE EXECUTE ON FUNCTION
    refuse_change, metadata_is_sound, generation_is_sound, reservation_is_sound, ledger_entry_is_sound, last_seq_before, rest_after, entry_digest, chain_step, content_of_reserve, content_of_settle, content_of_refund, content_of_grant,
    expect_arguments, expect_read_committed, lock_account, keyed, keyed_hash, append_entry, newest_reservation, number_run,
    close_runs, give_back, reserve, settle, refund, sweep, grant_credits, adjust
FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION chain(bytea, bytea) FROM PUBLIC;
